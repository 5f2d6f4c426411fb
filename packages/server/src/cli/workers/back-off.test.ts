import assert from "node:assert/strict";
import { test } from "node:test";
import { BackOff, backOff } from "./back-off.ts";

test("each early death doubles the wait, up to a bound; a worker that lived well starts anew", () => {
  const waits = new BackOff();
  const early = Array.from({ length: 9 }, () => waits.next(50));
  assert.deepEqual(early, [100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000]);
  assert.equal(waits.next(backOff.wellMs), backOff.firstMs);
  assert.equal(waits.next(0), 2 * backOff.firstMs);
});
