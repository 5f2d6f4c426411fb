/** The guard against pumping, as operators set it and see what it does. */
import { retention } from "@antryk/contract";
import { type GuardMode, type GuardRule, guardRules } from "../model/service.ts";
import type { TrafficRow } from "../model/traffic.ts";
import { formatMicros } from "../policy/money-notation.ts";
import type { Store } from "../store/port.ts";
import { type BillStore, billsOf } from "./bills.ts";

/** Ids of the services that were changed; one of them if `serviceId` is given. `rule` undefined: all rules. */
export async function setGuard(
  store: Pick<Store, "listServices" | "updateService">,
  mode: GuardMode,
  { serviceId, rule }: { readonly serviceId?: string | undefined; readonly rule?: GuardRule | undefined },
): Promise<string[]> {
  const all = await store.listServices(undefined);
  const ids = all.map(({ id }) => id).filter((id) => serviceId === undefined || id === serviceId.toLowerCase());
  for (const id of ids)
    await store.updateService(id, (before) => {
      const changed = Object.fromEntries(
        guardRules.map((each) => [each, rule === undefined || rule === each ? mode : before.guard[each]]),
      );
      return { outcome: true, save: { ...before, guard: { ...before.guard, ...changed } } };
    });
  return ids;
}

/** What the guard did to a service's messages, or would have done. */
export interface GuardReport {
  readonly serviceId: string;
  readonly refused: number;
  /** Sent, because it only watches. */
  readonly wouldHaveRefused: number;
  /** Of those, how many numbers were verified nevertheless. */
  readonly verified: number;
  /** What the messages that would have been refused cost, micros at one segment each; 0: nothing is known. */
  readonly savedMicros: number;
  /** Of what they cost; undefined: the account has none. */
  readonly currency: string | undefined;
}

interface Sums {
  refused: number;
  would: number;
  readonly numbers: Set<string>;
  verified: number;
  micros: number;
}

/** Of the services that the guard has found anything in within a day. */
export async function guardReports(
  store: Pick<Store, "decisionsSince" | "verificationsSince" | "now"> & BillStore,
): Promise<GuardReport[]> {
  const since = store.now() - retention.endedOtpMs;
  const reports = new Map<string, Sums>();
  await store.decisionsSince(since, ({ serviceId, reason, mode, to }) => {
    if (reason !== "guard") return;
    const report = reports.get(serviceId) ?? {
      refused: 0,
      would: 0,
      numbers: new Set<string>(),
      verified: 0,
      micros: 0,
    };
    reports.set(serviceId, report);
    if (mode === "enforce") report.refused += 1;
    else {
      report.would += 1;
      report.numbers.add(to);
    }
  });
  if (reports.size === 0) return [];
  const bills = await billsOf(store);
  await store.verificationsSince(since, ({ serviceId, to, isVerified, gateways }) => {
    const report = reports.get(serviceId);
    if (!report?.numbers.has(to)) return;
    if (isVerified) report.verified += 1;
    for (const gateway of gateways) report.micros += bills.get(serviceId)?.micros(to, gateway) ?? 0;
  });
  return [...reports].map(([serviceId, { refused, would, verified, micros }]) => ({
    serviceId,
    refused,
    wouldHaveRefused: would,
    verified,
    savedMicros: micros,
    currency: bills.get(serviceId)?.currency,
  }));
}

/** What of a report an operator of a guard that only watches should know; undefined: nothing. */
export function guardText(report: GuardReport): string | undefined {
  const { serviceId, wouldHaveRefused, verified, savedMicros, currency } = report;
  if (wouldHaveRefused === 0) return undefined;
  const saved = savedMicros === 0 ? "" : `, and saved ${formatMicros(savedMicros)} ${currency}`;
  return (
    `service ${serviceId}: the guard would have refused ${wouldHaveRefused} sends of the last day, ${verified} of which were ` +
    `verified${saved}; to let it: antryk guard enforce --service ${serviceId}`
  );
}

/** Places that are blocked now, the one that is blocked longest first. */
export async function blocksOf(store: Pick<Store, "trafficSince" | "now">): Promise<TrafficRow[]> {
  const now = store.now();
  const blocks: TrafficRow[] = [];
  await store.trafficSince(0, (row) => {
    if (row.blockedUntil > now) blocks.push(row);
  });
  return blocks.sort((a, b) => b.blockedUntil - a.blockedUntil);
}
