import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "@antryk/testkit/inputs/fast-check";
import { getCountries, getCountryCallingCode } from "libphonenumber-js";
import { fitsPlan, parses } from "./recipient.ts";

const codes = [...new Set(getCountries().map((country) => getCountryCallingCode(country) as string))];

test("what the plans let through, the parser lets through", () => {
  const digits = (length: number) => fc.stringMatching(new RegExp(`^\\d{${length}}$`));
  const recipient = fc
    .tuple(fc.constantFrom(...codes), fc.integer({ min: 5, max: 12 }).chain(digits))
    .map(([code, rest]) => `+${code}${rest}`);
  let fitted = 0;
  fc.assert(
    fc.property(recipient, (value) => {
      if (value.length > 16 || !fitsPlan(value)) return;
      fitted += 1;
      assert.ok(parses(value), value);
    }),
    { numRuns: 20_000 },
  );
  assert.ok(fitted > 2_000, `${fitted} numbers fitted a plan`);
});

test("numbers of everyday life need no parser", () => {
  for (const value of [
    "+919876543210",
    "+14155552671",
    "+447911123456",
    "+4915112345678",
    "+5511987654321",
    "+8613812345678",
    "+2348031234567",
  ]) {
    assert.ok(fitsPlan(value), value);
  }
});
