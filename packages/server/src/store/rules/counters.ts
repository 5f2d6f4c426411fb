/**
 * Limits that many recipients share. A large limit is divided into slots, so that calls of several processes rarely
 * write one row; each slot has its share of the count, and together they are exact. Pure.
 */
import type { Bucket, CounterRef, Room, Take } from "../engine.ts";
import { listIn, wholeIn } from "./cells.ts";
import { bucketMs } from "./limits.ts";

/** One slot: `n` is counted in the span that begins at `at`, `older` in the spans before it, oldest first. */
export interface Counter {
  readonly at: number;
  readonly n: number;
  readonly older: readonly (readonly [at: number, n: number])[];
}

/** The spans before the current one, as the row has them. Throws UnreadableRow. */
export function olderIn(text: string): Counter["older"] {
  if (text === "[]") return [];
  const what = "what a limit has counted";
  return listIn(text, what).map((span) => {
    const [at, n] = Array.isArray(span) ? span : [];
    return [wholeIn(at, what), wholeIn(n, what)] as const;
  });
}

export const emptyCounter: Counter = { at: 0, n: 0, older: [] };

/** Smaller limits have one slot: their sends are few. */
const slottedFrom = 1_000;
const slotsOfLargeLimits = 16;

export function slotsOf({ count }: Pick<CounterRef, "count">): number {
  return count < slottedFrom ? 1 : slotsOfLargeLimits;
}

/** A slot's share of what the call may use of the limit's count. */
export function shareOf({ count, open = count }: CounterRef, slots: number, slot: number): number {
  return Math.floor((open + slots - 1 - slot) / slots);
}

/** The spans that still count, oldest first. */
export function livingBuckets(counter: Counter, windowMs: number, now: number): Bucket[] {
  const from = now - windowMs - bucketMs(windowMs);
  const living: Bucket[] = [];
  for (const [at, count] of counter.older) if (at > from) living.push({ at, count });
  if (counter.n > 0 && counter.at > from) living.push({ at: counter.at, count: counter.n });
  return living;
}

/** What is counted in spans before `counter.at`, as far as it still counts. */
export function olderCount(counter: Counter, windowMs: number, now: number): number {
  const from = now - windowMs - bucketMs(windowMs);
  let count = 0;
  for (const [at, n] of counter.older) if (at > from) count += n;
  return count;
}

/**
 * What there is room for, from the slot `first` on; an amount may be taken from several. If all of them together have no
 * room, their spans, from which the time until there is can be known.
 */
export function roomIn(
  slots: readonly (Counter | undefined)[],
  ref: CounterRef,
  now: number,
  first: number,
  all: number = slotsOf(ref),
): Room {
  const takes: Take[] = [];
  let rest = ref.cost ?? 1;
  for (let n = 0; n < all && rest > 0; n += 1) {
    const slot = (first + n) % all;
    let left = shareOf(ref, all, slot);
    for (const { count } of livingBuckets(slots[slot] ?? emptyCounter, ref.windowMs, now)) left -= count;
    const taken = Math.min(left, rest);
    if (taken <= 0) continue;
    takes.push({ slot, n: taken });
    rest -= taken;
  }
  if (rest === 0) return { takes, buckets: [] };
  const merged = new Map<number, number>();
  for (const counter of slots) {
    for (const { at, count } of livingBuckets(counter ?? emptyCounter, ref.windowMs, now))
      merged.set(at, (merged.get(at) ?? 0) + count);
  }
  return { takes: [], buckets: [...merged].sort(([a], [b]) => a - b).map(([at, count]) => ({ at, count })) };
}

/** The counter with `n` more in the span `bucketAt`; spans that no longer count are dropped. */
export function counted(counter: Counter, bucketAt: number, n: number, windowMs: number, now: number): Counter {
  if (bucketAt > counter.at) {
    const older = livingBuckets(counter, windowMs, now).map(({ at, count }) => [at, count] as const);
    return { at: bucketAt, n: Math.max(0, n), older };
  }
  if (bucketAt === counter.at) return { ...counter, n: Math.max(0, counter.n + n) };
  const index = counter.older.findIndex(([at]) => at === bucketAt);
  const was = counter.older[index];
  if (!was) return n > 0 ? { ...counter, n: counter.n + n } : counter;
  return { ...counter, older: counter.older.with(index, [bucketAt, Math.max(0, was[1] + n)]) };
}

/** When the counter's last span stops counting, Unix ms. */
export function counterUntil({ at }: Counter, windowMs: number): number {
  return at + windowMs + bucketMs(windowMs);
}
