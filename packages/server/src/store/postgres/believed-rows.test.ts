/** What this process remembers of the rows that it wrote; no database. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { numberRef } from "@antryk/testkit/store/calls";
import { BelievedRows, mostAsText, mostDecoded } from "./believed-rows.ts";

const ref = (n: number) => numberRef(`row ${n}`);

function wroteUpTo(most: number): BelievedRows {
  const rows = new BelievedRows();
  for (let n = 1; n <= most; n += 1) rows.set(ref(n), n, n, JSON.stringify(n));
  return rows;
}

test("a row is believed long after it was written, with its version, and as something written", () => {
  const rows = wroteUpTo(mostDecoded * 3);
  assert.deepEqual(rows.get(ref(1)), { version: 1, row: 1, readIn: 0 });
  assert.deepEqual(rows.get(ref(mostDecoded * 3)), { version: mostDecoded * 3, row: mostDecoded * 3, readIn: 0 });
});

test("the oldest rows are forgotten, so that memory is bounded", () => {
  assert.equal(wroteUpTo(mostAsText + 1).get(ref(1)), undefined);
});

test("a row that was forgotten stays so, however it was remembered", () => {
  const rows = wroteUpTo(mostDecoded * 3);
  for (const n of [1, mostDecoded * 3]) {
    rows.forget(ref(n));
    assert.equal(rows.get(ref(n)), undefined);
  }
});

test("the newest write of a row is what is believed", () => {
  const rows = wroteUpTo(mostDecoded * 2);
  rows.set(ref(1), 90_001, 5, "5");
  for (let n = 2; n <= mostDecoded * 2; n += 1) rows.set(ref(n), n, n, JSON.stringify(n));
  assert.deepEqual(rows.get(ref(1)), { version: 90_001, row: 5, readIn: 0 });
});
