import assert from "node:assert/strict";
import { test } from "node:test";
import { canonicalId, cleanMessageId, formsOf } from "./message-id.ts";

test("an id finds its message though case, leading zeros or base differ", () => {
  for (const [inResponse, inReceipt] of [
    ["12345", "0000012345"],
    ["0000012345", "12345"],
    ["A1B2C3D4", "a1b2c3d4"],
    ["00b8be19", "b8be19"],
    ["33E95179", "870928761"],
    ["870928761", "33e95179"],
    ["0000033E95179", "0870928761"],
    ["6ba7b810-9dad-11d1-80b4-00c04fd430c8", "6BA7B810-9DAD-11D1-80B4-00C04FD430C8"],
    ["0", "000"],
  ] as const)
    assert.ok(formsOf(inReceipt).includes(canonicalId(inResponse)), `${inResponse} ${inReceipt}`);
});

test("an id as it stands comes before what it may be in another base", () => {
  assert.deepEqual(formsOf("10"), ["10", "a", "16"]);
  assert.deepEqual(formsOf("SM0a"), ["sm0a"]);
});

test("an id that no database or log must meet is none", () => {
  for (const id of ["", " ", "a\0b", "a\nb", "\u001b[31m", "\ud800", "a".repeat(201), 7, null, undefined, {}, []])
    assert.equal(cleanMessageId(id), undefined, JSON.stringify(id));
  assert.equal(cleanMessageId(" ab-1 "), "ab-1");
});
