/**
 * May this message be sent? No I/O: rows go in, a verdict comes out. What needs counting is not decided here: the
 * verdict names the counters, and the store's reserve charges them or refuses.
 */
import type { SharedLimit } from "../model/limits.ts";
import type { ListEntry } from "../model/list-entry.ts";
import { guardRules } from "../model/service.ts";
import type { TrafficPlace } from "../model/traffic.ts";
import { type Charged, chargesOf, countryOf, type Unjudged } from "./charges.ts";
import { widestOf } from "./client-address.ts";
import { type Suspicion, suspicionOf } from "./guard.ts";
import type { Lists } from "./lists.ts";
import { classOf, type NumberClass, type NumberType } from "./number-plan.ts";
import { placesOf } from "./places.ts";
import { canonicalSpelling } from "./spellings.ts";

/** A send or resend before its reservation. */
export interface Judged extends Charged {
  /** The code of a resend has been sent before: what kind of number it goes to is not judged again. */
  readonly operation: "send-otp" | "resend-otp";
  readonly lists: Lists;
}

/** The rule that refused. */
export type PolicyReason = "country" | "number_type" | "block_list" | "guard" | "budget";

export type Verdict =
  | {
      readonly kind: "allowed";
      /** Every counter that this message takes one of: all of them or none. */
      readonly charges: readonly SharedLimit[];
      readonly unjudged: readonly Unjudged[];
      /** What the guard would have refused it for; it only watches. */
      readonly suspicion: Suspicion | undefined;
    }
  | {
      readonly kind: "refused";
      readonly reason: PolicyReason;
      /** When the same request may be allowed; undefined if only a change of the rules can allow it. */
      readonly retryAfterMs: number | undefined;
      /** What the guard refused it for. */
      readonly suspicion: Suspicion | undefined;
    };

export type Judge = (message: Judged) => Verdict;

/** Types of numbers that people have phones for. The others cost a lot, or reach nobody: they are refused. */
const reachable: ReadonlySet<NumberType> = new Set(["mobile", "fixed_line", "fixed_line_or_mobile", "voip"]);

export const judge: Judge = (message) => {
  const { operation, service, to, lists, now } = message;
  const found = classOf(to);
  const listed = lists.find(to, service.id, now);
  const reason = refusalOf(message, found, listed);
  if (reason) return { kind: "refused", reason, retryAfterMs: undefined, suspicion: undefined };
  // A code that was sent may be sent again, and what an operator allows is not doubted.
  const isDoubted = operation === "send-otp" && listed !== "allow";
  const suspicion = isDoubted ? suspicionAbout(message, found) : undefined;
  if (suspicion && service.guard[suspicion.rule] === "enforce")
    return { kind: "refused", reason: "guard", retryAfterMs: suspicion.until - now, suspicion };
  return { kind: "allowed", ...chargesOf(message, found), suspicion };
};

function suspicionAbout({ service, to, client, standing, now }: Judged, found: NumberClass): Suspicion | undefined {
  if (!guardRules.some((rule) => service.guard[rule] !== "off")) return undefined;
  const country = countryOf(to, found);
  const places = placesOf(canonicalSpelling(to), country, client && widestOf(client));
  const state = (place: TrafficPlace) => standing.state(service.id, place, now);
  const suspicion = suspicionOf(places, { state, newcomers: standing.newcomers(service.id) }, now);
  if (suspicion?.begins && standing.isFailing(service.id, country, now)) return undefined;
  return suspicion && service.guard[suspicion.rule] !== "off" ? suspicion : undefined;
}

/**
 * Why no message may go to the number, whoever asks. An operator who allows a number means it in every country, but a
 * number of a special type is never sent to. What a resend's code was sent to is judged by the lists alone.
 */
function refusalOf(
  { operation, service }: Judged,
  found: NumberClass,
  listed: ListEntry["list"] | undefined,
): PolicyReason | undefined {
  if (operation === "resend-otp") return listed === "block" ? "block_list" : undefined;
  if (found.kind === "special" || (found.kind === "valid" && !reachable.has(found.type))) return "number_type";
  if (listed !== undefined) return listed === "block" ? "block_list" : undefined;
  return isOf(found, service.countries) ? undefined : "country";
}

/** `countries` null: all. */
function isOf(found: Exclude<NumberClass, { kind: "special" }>, countries: readonly string[] | null): boolean {
  if (countries === null) return true;
  const isAllowed = (region: string) => countries.includes(region);
  // A number that no plan has yet may turn out to be of any region of its calling code.
  return found.kind === "valid" ? found.regions.some(isAllowed) : found.regions.every(isAllowed);
}
