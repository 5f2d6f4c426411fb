import assert from "node:assert/strict";
import { test } from "node:test";
import { BackOff } from "./back-off.ts";

const times = { backOff: 40, backOffMost: 1_000, steady: 100 };

test("the wait doubles up to a bound, and half of it is by chance", () => {
  const waits = Array.from({ length: 50 }, () => {
    const backOff = new BackOff(times);
    return Array.from({ length: 7 }, () => backOff.next(0));
  });
  for (const [nth, most] of [40, 80, 160, 320, 640, 1_000, 1_000].entries()) {
    const nths = waits.map((each) => each[nth] ?? Number.NaN);
    assert.ok(
      nths.every((wait) => wait >= most / 2 && wait <= most),
      String(nths),
    );
    assert.ok(new Set(nths).size > 1, "links do not wait in step");
  }
});

test("a steady connection starts the back-off anew; one that was bound for a moment does not", () => {
  const backOff = new BackOff(times);
  for (let n = 0; n < 4; n += 1) backOff.next(0);
  assert.ok(backOff.next(100) >= 320);
  assert.equal(backOff.next(101), 0);
  assert.ok(backOff.next(0) <= 40);
});
