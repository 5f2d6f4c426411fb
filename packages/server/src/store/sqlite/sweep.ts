/** What is over goes: ended verifications to history, counters, idempotency keys and old history away. */
import { bounds, learning, retention } from "@antryk/contract";
import { uuidFloor } from "../../model/ids.ts";
import type { HistoryKeeping, SweepResult } from "../ports/upkeep.ts";
import { endOf } from "../rules/row.ts";
import type { LimitBuckets } from "./buckets.ts";
import type { Gateways } from "./gateways.ts";
import type { History } from "./history.ts";
import type { IdempotencyKeys } from "./idempotency.ts";
import type { ReducedHistory } from "./reduced-history.ts";
import type { RecipientRows } from "./rows.ts";
import type { Scores } from "./scores.ts";

export interface SweptTables {
  readonly recipients: RecipientRows;
  readonly history: History;
  readonly reduced: ReducedHistory;
  readonly idempotency: IdempotencyKeys;
  readonly buckets: LimitBuckets;
  readonly gateways: Gateways;
  readonly scores: Scores;
}

/** Every verification issued before this has been over for a day, unless its code was said again after an unknown outcome. */
function issuedBefore(now: number): string {
  return uuidFloor(now - retention.endedOtpMs - bounds.ttlSeconds.max * 1000);
}

export function sweepTables(tables: SweptTables, now: number, limit: number, keeping: HistoryKeeping | undefined): SweepResult {
  const { recipients, history } = tables;
  let ended = 0;
  for (const { key, slot } of recipients.issuedBetween("", issuedBefore(now), limit)) {
    const { verification, countersUntil } = slot.row;
    if (!verification || now < endOf(verification) + retention.endedOtpMs) continue;
    history.add(key, verification);
    if (countersUntil <= now) recipients.remove(slot);
    else recipients.write(key, slot, { ...slot.row, verification: null, leaseToken: null, before: null });
    ended += 1;
  }
  const removed = [
    recipients.removeIdle(now, limit),
    tables.idempotency.removeOver(now, limit),
    tables.buckets.removeOver(now, limit),
    tables.gateways.removeOver(now, limit),
    tables.scores.removeBefore(now - learning.forgetMs, limit),
    ...sweepHistory(tables, now, limit, keeping),
  ];
  return { ended, removed: removed.reduce((sum, each) => sum + each, 0), more: ended === limit || removed.includes(limit) };
}

function sweepHistory({ history, reduced }: SweptTables, now: number, limit: number, keeping: HistoryKeeping | undefined): number[] {
  const identifiedUntil = now - (keeping?.identifiedMs ?? retention.historyMs);
  const over = uuidFloor(identifiedUntil);
  if (!keeping || keeping.reducedMs === 0) return [history.removeBefore(over, limit), reduced.removeBefore(over, limit)];
  return [reduced.reduceBefore(over, limit, keeping.reduce), reduced.removeBefore(uuidFloor(identifiedUntil - keeping.reducedMs), limit)];
}
