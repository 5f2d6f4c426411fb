/** Small calls over rows that hold one number, for tests of what carries calls out. */
import { randomUUID } from "node:crypto";
import type { Call, CounterRef, RowKind, RowRef } from "../../../server/src/store/engine.ts";
import { hash48, noScope, rowRef } from "../../../server/src/store/rules/kinds.ts";

const numberKind: RowKind<number> = {
  tag: "n",
  isRevisited: true,
  encode: (row) => JSON.stringify(row),
  decode: (state) => JSON.parse(state) as number,
  placeInTime: () => 0,
};
const accountId = randomUUID();

export function numberRef(text: string, likelyAbsent = false): RowRef<number> {
  return rowRef(numberKind, { hash: hash48(text), accountId, scopeId: noScope, text }, likelyAbsent);
}

/** Adds to one row, or to several, and returns the first one's sum. */
export function add(n: number, ...refs: RowRef<number>[]): Call<number> {
  return {
    rows: refs,
    decide(view) {
      const sums = refs.map((ref) => (view.row(ref) ?? 0) + n);
      return { outcome: sums[0] ?? 0, writes: refs.map((ref, index) => ({ ref, row: sums[index] ?? 0 })) };
    },
  };
}

/** Returns what the rows hold, and writes nothing. */
export function look(...refs: RowRef<number>[]): Call<readonly (number | undefined)[]> {
  return { rows: refs, decide: (view) => ({ outcome: refs.map((ref) => view.row(ref)) }) };
}

/** Adds to `to` what `from` holds. */
export function copy(from: RowRef<number>, to: RowRef<number>): Call<number> {
  return {
    rows: [from, to],
    decide(view) {
      const sum = (view.row(to) ?? 0) + (view.row(from) ?? 0);
      return { outcome: sum, writes: [{ ref: to, row: sum }] };
    },
  };
}

export function remove(ref: RowRef<number>): Call<boolean> {
  return {
    rows: [ref],
    decide: (view) =>
      view.row(ref) === undefined ? { outcome: false } : { outcome: true, writes: [{ ref, row: null }] },
  };
}

/** Looks at `then` only after it has seen `first`, and writes it. */
export function follow(first: RowRef<number>, then: RowRef<number>): Call<number> {
  return {
    rows: [first],
    decide(view) {
      const seen = view.row(first) ?? 0;
      if (!view.has(then)) return { needs: [then] };
      const sum = (view.row(then) ?? 0) + seen;
      return { outcome: sum, writes: [{ ref: then, row: sum }] };
    },
  };
}

/** Removes the row, and returns what it held. */
export function take(ref: RowRef<number>): Call<number> {
  return {
    rows: [ref],
    decide(view) {
      const row = view.row(ref);
      return row === undefined ? { outcome: 0 } : { outcome: row, writes: [{ ref, row: null }] };
    },
  };
}

/** A limit that nothing else counts in. */
export function limitOf(count: number, windowMs: number): CounterRef {
  return { accountId, text: `service ${windowMs} ${randomUUID()}`, count, windowMs };
}

/** Makes the row and counts it in the span `bucketAt`; `false` if the row is there, or if the limit has no room. */
export function charge(limit: CounterRef, bucketAt: number, ref: RowRef<number>): Call<boolean> {
  return {
    rows: [ref],
    counters: [limit],
    decide(view) {
      const { takes } = view.counter(limit);
      if (view.row(ref) !== undefined || takes.length === 0) return { outcome: false };
      const counts = takes.map((take) => ({ counter: limit, bucketAt, ...take }));
      return { outcome: true, writes: [{ ref, row: 1 }], counts };
    },
  };
}

/** Gives one back that was counted in the slot 0, and says so in the row. */
export function giveBack(limit: CounterRef, bucketAt: number, ref: RowRef<number>): Call<void> {
  const counter = { ...limit, count: 0 };
  return {
    rows: [ref],
    givesBack: [counter],
    decide: () => ({ outcome: undefined, writes: [{ ref, row: 0 }], counts: [{ counter, slot: 0, bucketAt, n: -1 }] }),
  };
}
