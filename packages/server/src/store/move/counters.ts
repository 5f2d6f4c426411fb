/**
 * A shared limit's counter is one in SQLite, and in PostgreSQL divided into slots, each with its share of the limit.
 * Whichever way it goes, the limit admits as many as before. Pure.
 */
import { type Counter, emptyCounter } from "../rules/counters.ts";

type Span = readonly [at: number, n: number];

/** What is counted, by span, oldest first. */
function spansOf({ at, n, older }: Counter): Span[] {
  return [...older, [at, n] as const].filter((span) => span[1] > 0);
}

function counterOf(spans: readonly Span[]): Counter {
  const last = spans.at(-1);
  return last ? { at: last[0], n: last[1], older: spans.slice(0, -1) } : emptyCounter;
}

export function wholeOf(slots: readonly Counter[]): Counter {
  const sums = new Map<number, number>();
  for (const [at, n] of slots.flatMap(spansOf)) sums.set(at, (sums.get(at) ?? 0) + n);
  return counterOf([...sums].sort(([a], [b]) => a - b));
}

/**
 * Dealt out one by one, the newest span first: so of the spans that still count at any time, be they as many as they
 * will, no slot has more than its share, if all together do not.
 */
export function dividedInto(slots: number, counter: Counter): Counter[] {
  const parts = Array.from({ length: slots }, (): Span[] => []);
  let next = 0;
  for (const [at, n] of spansOf(counter).reverse()) {
    for (const [slot, part] of parts.entries()) {
      const turn = (slot - next + slots) % slots;
      const count = Math.floor((n + slots - 1 - turn) / slots);
      if (count > 0) part.unshift([at, count]);
    }
    next = (next + n) % slots;
  }
  return parts.map(counterOf);
}
