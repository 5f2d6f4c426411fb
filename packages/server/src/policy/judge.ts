/**
 * May this message be sent? No I/O: rows go in, a verdict comes out. What needs counting is not decided here: the
 * verdict names the counters, and the store's reserve charges them or refuses.
 */
import type { SharedLimit } from "../model/limits.ts";
import { type Charged, chargesOf, type Unjudged } from "./charges.ts";
import type { Lists } from "./lists.ts";
import { classOf, type NumberClass, type NumberType } from "./number-plan.ts";

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
    }
  | {
      readonly kind: "refused";
      readonly reason: PolicyReason;
      /** When the same request may be allowed; undefined if only a change of the rules can allow it. */
      readonly retryAfterMs: number | undefined;
    };

export type Judge = (message: Judged) => Verdict;

/** Types of numbers that people have phones for. The others cost a lot, or reach nobody: they are refused. */
const reachable: ReadonlySet<NumberType> = new Set(["mobile", "fixed_line", "fixed_line_or_mobile", "voip"]);

export const judge: Judge = (message) => {
  const found = classOf(message.to);
  const reason = refusalOf(message, found);
  if (reason) return { kind: "refused", reason, retryAfterMs: undefined };
  return { kind: "allowed", ...chargesOf(message, found) };
};

/**
 * Why no message may go to the number, whoever asks. An operator who allows a number means it in every country, but a
 * number of a special type is never sent to. What a resend's code was sent to is judged by the lists alone.
 */
function refusalOf({ operation, service, to, lists, now }: Judged, found: NumberClass): PolicyReason | undefined {
  const listed = lists.find(to, service.id, now);
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
