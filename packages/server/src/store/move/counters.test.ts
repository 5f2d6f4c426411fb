import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "@antryk/testkit/inputs/fast-check";
import { type Counter, emptyCounter, shareOf } from "../rules/counters.ts";
import { dividedInto, wholeOf } from "./counters.ts";

const slots = 16;

/** Spans of a counter: how many in each, oldest first. */
const spans = fc.array(fc.nat({ max: 70 }), { minLength: 0, maxLength: 21 });

function counterOf(counts: readonly number[]): Counter {
  const all = counts.map((n, at) => [1_000 + at, n] as const);
  const last = all.at(-1);
  return last ? { at: last[0], n: last[1], older: all.slice(0, -1) } : emptyCounter;
}

function countedFrom(from: number, { at, n, older }: Counter): number {
  let sum = 0;
  for (const [spanAt, count] of [...older, [at, n] as const]) if (spanAt >= from) sum += count;
  return sum;
}

test("slots are put together to the counter that they were divided from", () => {
  fc.assert(
    fc.property(spans, (counts) => {
      const kept = counts.flatMap((n, at) => (n > 0 ? [[1_000 + at, n]] : []));
      const { at, n, older } = wholeOf(dividedInto(slots, counterOf(counts)));
      assert.deepEqual([...older, ...(n > 0 ? [[at, n]] : [])], kept);
    }),
  );
});

test("whichever spans still count, no slot has more than its share of a limit that all together keep", () => {
  fc.assert(
    fc.property(spans, fc.nat({ max: 40 }), (counts, room) => {
      const parts = dividedInto(slots, counterOf(counts));
      for (let from = 1_000; from <= 1_000 + counts.length; from += 1) {
        const count = countedFrom(from, counterOf(counts)) + room;
        for (const [slot, part] of parts.entries())
          assert.ok(countedFrom(from, part) <= shareOf({ ...anyLimit, count }, slots, slot));
      }
    }),
  );
});

const anyLimit = { accountId: "", text: "", windowMs: 1 };

test("in one slot a counter stays as it is", () => {
  const counter: Counter = {
    at: 30,
    n: 2,
    older: [
      [10, 1],
      [20, 5],
    ],
  };
  assert.deepEqual(dividedInto(1, counter), [counter]);
});
