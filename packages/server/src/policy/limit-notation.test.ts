import assert from "node:assert/strict";
import { test } from "node:test";
import { defaults } from "@antryk/contract";
import fc from "@antryk/testkit/inputs/fast-check";
import { formatLimits, parseLimits, parseRecipientLimits } from "./limit-notation.ts";

test("limits as people write them", () => {
  assert.deepEqual(parseLimits("3/15m, 10/1d"), defaults.recipientLimits);
  assert.deepEqual(parseLimits("1/1s"), [{ count: 1, windowMs: 1_000 }]);
  assert.deepEqual(parseLimits(" 5/2h "), [{ count: 5, windowMs: 7_200_000 }]);
  assert.deepEqual(parseLimits("off"), []);
});

test("a malformed limit is refused, with the operator's words", () => {
  for (const text of [
    "",
    "3",
    "3/",
    "/1m",
    "3/1w",
    "3/m",
    "-1/1m",
    "0/1m",
    "1.5/1m",
    "3/0s",
    "3/31d",
    "3/15m,",
    "3/15m;10/1d",
    "off, 3/1m",
    "OFF",
    "１/1m",
    "1/1M",
  ])
    assert.equal(typeof parseLimits(text), "string", text);
  assert.match(String(parseLimits("3/15m, nonsense")), /"nonsense" is not a limit/);
});

test("a recipient's limits have a smaller bound", () => {
  assert.ok(Array.isArray(parseRecipientLimits("100/1d")));
  assert.match(String(parseRecipientLimits("101/1d")), /1 to 100/);
});

test("what is written is read back", () => {
  const limit = fc.record(
    {
      count: fc.integer({ min: 1, max: 1e9 }),
      windowMs: fc.integer({ min: 1, max: 30 * 86_400 }).map((s) => s * 1_000),
    },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(fc.array(limit, { maxLength: 4 }), (limits) => {
      // A span of more than six digits in its unit can't be written.
      fc.pre(limits.every(({ windowMs }) => windowMs % 60_000 === 0 || windowMs < 1e9));
      assert.deepEqual(parseLimits(formatLimits(limits)), limits);
    }),
  );
});
