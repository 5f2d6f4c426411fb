/** Where messages went lately, and what became of them: for an operator who looks for what is wrong. */
import { retention } from "@antryk/contract";
import { countryOf, prefixOf } from "../policy/charges.ts";
import { classOf } from "../policy/number-plan.ts";
import type { Store } from "../store/port.ts";
import { type BillStore, billsOf } from "./bills.ts";

export const topGroups = ["prefix", "country", "client", "service"] as const;
export type TopGroup = (typeof topGroups)[number];

/** Older verifications have left the rows that this looks at. */
export const topLooksBackMs = retention.endedOtpMs;

export interface TopRow {
  /** The prefix, country, client network or service; "-": it is not known. */
  readonly of: string;
  readonly sends: number;
  readonly verified: number;
  /** Verified of all verifications, 0 to 1; null: there was none. */
  readonly conversion: number | null;
  /** What the newest verifications' messages cost at one segment each, as far as prices are known: micros by currency. */
  readonly cost: Readonly<Record<string, number>>;
  /** Sends that were refused, and that would have been, by reason and rule. */
  readonly refused: Readonly<Record<string, number>>;
}

interface Sums {
  sends: number;
  verifications: number;
  verified: number;
  readonly cost: Record<string, number>;
  readonly refused: Record<string, number>;
}

/** Groups by what was sent and refused most; of one service if `serviceId` is given. */
export async function topOf(
  store: Pick<Store, "verificationsSince" | "decisionsSince" | "now"> & BillStore,
  by: TopGroup,
  sinceMs: number,
  serviceId?: string,
): Promise<TopRow[]> {
  const since = store.now() - sinceMs;
  const groups = new Map<string, Sums>();
  const of = (name: string): Sums => {
    const sums = groups.get(name) ?? { sends: 0, verifications: 0, verified: 0, cost: {}, refused: {} };
    groups.set(name, sums);
    return sums;
  };
  const isOf = (each: { readonly serviceId: string }) => serviceId === undefined || each.serviceId === serviceId;
  const bills = await billsOf(store);
  await store.verificationsSince(since, (recent) => {
    if (!isOf(recent)) return;
    const sums = of(nameOf(by, { ...recent, country: undefined }));
    sums.sends += Math.max(1, recent.sends.filter((at) => at >= since).length);
    sums.verifications += 1;
    if (recent.isVerified) sums.verified += 1;
    const bill = bills.get(recent.serviceId);
    if (bill)
      for (const gateway of recent.gateways)
        sums.cost[bill.currency] = (sums.cost[bill.currency] ?? 0) + bill.micros(recent.to, gateway);
  });
  await store.decisionsSince(since, (decision) => {
    if (!isOf(decision)) return;
    const { refused } = of(nameOf(by, { ...decision, network: decision.network ?? "" }));
    const { reason, rule, mode } = decision;
    const name = `${rule === null ? reason : `${reason} ${rule}`}${mode === "monitor" ? " (monitor)" : ""}`;
    refused[name] = (refused[name] ?? 0) + 1;
  });
  const rows = [...groups].map(([name, { sends, verifications, verified, cost, refused }]) => ({
    of: name,
    sends,
    verified,
    conversion: verifications === 0 ? null : verified / verifications,
    cost,
    refused,
  }));
  return rows.sort((a, b) => weightOf(b) - weightOf(a));
}

interface Named {
  readonly to: string;
  readonly serviceId: string;
  readonly network: string;
  readonly country: string | undefined;
}

function nameOf(by: TopGroup, { to, serviceId, network, country }: Named): string {
  if (by === "prefix") return prefixOf(to);
  if (by === "country") return country ?? countryOf(to, classOf(to));
  return by === "client" ? network || "-" : serviceId;
}

function weightOf({ sends, refused }: TopRow): number {
  return Object.values(refused).reduce((sum, count) => sum + count, sends);
}
