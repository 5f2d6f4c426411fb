/** Which shared limits a message is counted in. No I/O. */
import { guessesPerNetwork, keptForProven, type WindowLimit } from "@antryk/contract";
import type { Access } from "../model/account.ts";
import type { SharedLimit, SharedScope } from "../model/limits.ts";
import type { Service } from "../model/service.ts";
import type { Client } from "./client-address.ts";
import { callingCodeOf, type NumberClass } from "./number-plan.ts";
import { canonicalSpelling } from "./spellings.ts";
import type { Standing } from "./standing.ts";

/** What is counted of a send or resend. */
export interface Charged {
  readonly access: Access;
  readonly service: Service;
  /** The recipient's address, as it is dialled. */
  readonly to: string;
  /** What stands for the recipient where a limit counts it over all services: a keyed hash. */
  readonly subject: string;
  readonly client: Client | undefined;
  /** Keys of the caller's own, by their names; what they are counted by is a keyed hash. */
  readonly named: Readonly<Record<string, string>>;
  readonly standing: Standing;
  readonly now: number;
}

/** Limits that were set and could not be counted, because the caller did not say whom. */
export type Unjudged = "client" | "named";

/** Every counter that the message takes one of: all of them or none. */
export function chargesOf(message: Charged, found: NumberClass): { charges: SharedLimit[]; unjudged: Unjudged[] } {
  const { access, service, client, named, standing, now } = message;
  const to = canonicalSpelling(message.to);
  const charges: SharedLimit[] = [];
  const unjudged: Unjudged[] = [];
  const charge = (scope: SharedScope, subject: string, limits: readonly WindowLimit[]) => {
    for (const limit of limits) charges.push({ scope, subject, limit });
  };
  const prefix = prefixOf(to);
  const isProven = standing.isProven(service.id, prefix, now);
  const isKept = !isProven && standing.hasProven(service.id, now);
  for (const [scope, subject, limits] of [
    ["service", service.id, service.serviceLimits],
    ["account", access.accountId, access.accountLimits],
  ] as const)
    for (const limit of limits) charges.push({ scope, subject, limit, ...(isKept && openTo(limit)) });
  charges.push(...recipientChargesOf(access.accountId, message.subject, access.recipientLimits));
  if (client) {
    charge("client", `${service.id} ${client.address}`, service.clientLimits);
    for (const network of client.networks) charge("network", `${service.id} ${network}`, service.networkLimits);
  } else if (service.clientLimits.length > 0 || service.networkLimits.length > 0) unjudged.push("client");
  charge("prefix", `${service.id} ${prefix}`, service.prefixLimits);
  if (!isProven) charge("new_prefix", `${service.id} ${prefix}`, service.newPrefixLimits);
  if (service.countryLimits.length > 0)
    charge("country", `${service.id} ${countryOf(to, found)}`, service.countryLimits);
  for (const [name, limits] of Object.entries(service.namedLimits)) {
    const value = Object.hasOwn(named, name) ? named[name] : undefined;
    if (value !== undefined) charge("named", `${service.id} ${name} ${value}`, limits);
    else unjudged.push("named");
  }
  return { charges, unjudged };
}

/** What counts one recipient over all services of an account. `subject`: as in Charged. */
export function recipientChargesOf(accountId: string, subject: string, limits: readonly WindowLimit[]): SharedLimit[] {
  return limits.map((limit) => ({ scope: "recipient", subject: `${accountId} ${subject}`, limit }));
}

/** What wrong codes are counted in, beside the recipient's own counts. */
export function guessChargesOf({ id, guessLimits }: Service, client: Client | undefined): SharedLimit[] {
  if (!client) return [];
  return guessLimits.flatMap((limit): SharedLimit[] => [
    { scope: "guesses", subject: `${id} ${client.address}`, limit },
    ...client.networks.map((network) => ({
      scope: "guesses" as const,
      subject: `${id} ${network}`,
      limit: { ...limit, count: limit.count * guessesPerNetwork },
    })),
  ]);
}

/** Numbers of one prefix are often rented and pumped together. */
export function prefixOf(to: string): string {
  return to.slice(0, -4);
}

/** The region that the number is of; for a number that no plan has yet, its calling code, whose regions share a count. */
export function countryOf(to: string, found: NumberClass): string {
  return (found.kind === "valid" ? found.regions[0] : undefined) ?? `+${callingCodeOf(to) ?? ""}`;
}

/** A flood to prefixes that never verify must not use up what others share with it. */
function openTo({ count }: WindowLimit): { open: number } | undefined {
  if (count < keptForProven.fromCount) return undefined;
  return { open: count - Math.floor(count * keptForProven.share) };
}
