/** How limits count: in a window (at most N in any span of W), or, for wrong codes, by a steadily refilled count. */
import type { WindowLimit } from "@antryk/contract";
import { defaults } from "@antryk/contract";
import type { LimitRefusal } from "../../model/limits.ts";

/** 0 if one more is allowed now, else the ms until it is. `times` are oldest first. */
export function windowWaitMs(times: readonly number[], limit: WindowLimit, now: number): number {
  const oldestThatCounts = times.at(-limit.count);
  if (oldestThatCounts === undefined) return 0;
  return Math.max(0, oldestThatCounts + limit.windowMs - now);
}

/** Drops the times that no limit needs any more. */
export function pruneTimes(times: readonly number[], keepMs: number, now: number): number[] {
  return times.filter((at) => at > now - keepMs);
}

const wrongCodeIntervalMs = defaults.wrongCodes.windowMs / defaults.wrongCodes.count;

/** 0 if a code may be compared now, else the ms until one try has come back. */
export function wrongCodesWaitMs(wrongUntil: number, now: number): number {
  return Math.max(0, wrongUntil - (defaults.wrongCodes.count - 1) * wrongCodeIntervalMs - now);
}

/** The count after one more wrong code. */
export function countWrongCode(wrongUntil: number, now: number): number {
  return Math.max(wrongUntil, now) + wrongCodeIntervalMs;
}

export function wrongCodesRefusal(retryAfterMs: number, now: number): LimitRefusal {
  return {
    kind: "rate_limited",
    name: "wrong_codes",
    limit: defaults.wrongCodes,
    retryAfterMs,
    locked: false,
    lockedUntil: now + retryAfterMs,
  };
}

/** Buckets per window of a shared limit: the span that is forgotten at once is a twentieth of the window. */
const bucketsPerWindow = 20;

export function bucketMs(windowMs: number): number {
  return Math.max(1, Math.ceil(windowMs / bucketsPerWindow));
}

/** 0 if `n` more are allowed; else the ms until enough of the oldest buckets, which come first, have left the window. */
export function bucketsWaitMs(
  buckets: readonly { at: number; count: number }[],
  limit: WindowLimit,
  now: number,
  n = 1,
): number {
  let total = n;
  for (const bucket of buckets) total += bucket.count;
  if (total <= limit.count) return 0;
  for (const bucket of buckets) {
    total -= bucket.count;
    if (total <= limit.count) return Math.max(1, bucket.at + bucketMs(limit.windowMs) + limit.windowMs - now);
  }
  return limit.windowMs;
}

/** The refusal that lasts longest, so that `Retry-After` is honest. */
export function longest(refusals: readonly LimitRefusal[]): LimitRefusal | undefined {
  return refusals.reduce<LimitRefusal | undefined>(
    (worst, each) => (worst && worst.retryAfterMs >= each.retryAfterMs ? worst : each),
    undefined,
  );
}
