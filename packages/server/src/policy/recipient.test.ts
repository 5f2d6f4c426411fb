import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "@antryk/testkit/inputs/fast-check";
import { notRecipients } from "@antryk/testkit/inputs/numbers";
import { isPossibleRecipient } from "./recipient.ts";

test("possible numbers of many countries are taken, again and again", () => {
  const numbers = [
    "+919876543210",
    "+14155552671",
    "+447911123456",
    "+4915112345678",
    "+5511987654321",
    "+390612345678",
    "+6591234567",
    "+97150123456",
    "+2348012345678",
    "+8613812345678",
  ];
  for (let n = 0; n < 2; n += 1) for (const number of numbers) assert.equal(isPossibleRecipient(number), true, number);
});

test("Italy keeps the 0 that other countries drop: it is part of the number", () => {
  assert.equal(isPossibleRecipient("+390612345678"), true);
  assert.equal(isPossibleRecipient("+4407911123456"), false);
});

test("everything that is not one strict, possible number is refused, again and again", () => {
  for (let n = 0; n < 2; n += 1)
    for (const value of notRecipients) assert.equal(isPossibleRecipient(value), false, JSON.stringify(value));
});

test("no spelling of a number is taken but one", () => {
  const number = "+919876543210";
  const junk = fc.constantFrom(
    " ",
    "-",
    ".",
    "(",
    ")",
    "+",
    "0",
    "00",
    ";ext=1",
    "x1",
    "\u00a0",
    "\u200f",
    "\uff0b",
    "९",
    "\n",
    "/",
  );
  fc.assert(
    fc.property(fc.nat({ max: number.length }), junk, (index, text) => {
      const changed = number.slice(0, index) + text + number.slice(index);
      // A digit more can make another number; that is no second spelling of this one.
      if (isPossibleRecipient(changed)) assert.match(changed, /^\+[1-9]\d+$/);
    }),
  );
});
