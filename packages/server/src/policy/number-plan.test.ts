/** The plans, held to libphonenumber itself. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "@antryk/testkit/inputs/fast-check";
import {
  getCountries,
  getCountryCallingCode,
  getExampleNumber,
  parsePhoneNumberFromString,
} from "libphonenumber-js/max";
import examples from "libphonenumber-js/mobile/examples";
import { classOf } from "./number-plan.ts";

const codes = [...new Set(getCountries().map((country) => String(getCountryCallingCode(country))))];

/** What libphonenumber says of a possible number. */
function librarySays(recipient: string) {
  const number = parsePhoneNumberFromString(recipient);
  if (number?.number !== recipient || !number.isPossible()) return undefined;
  const type = number.getType();
  return { region: number.country, type: type?.toLowerCase() };
}

test("region and type of any possible number are libphonenumber's", () => {
  const digits = (length: number) => fc.stringMatching(new RegExp(`^\\d{${length}}$`));
  const recipient = fc
    .tuple(fc.constantFrom(...codes), fc.integer({ min: 5, max: 12 }).chain(digits))
    .map(([code, rest]) => `+${code}${rest}`);
  let valid = 0;
  fc.assert(
    fc.property(recipient, (value) => {
      const says = librarySays(value);
      if (!says) return;
      const found = classOf(value);
      if (says.type === undefined) assert.notEqual(found.kind, "valid", value);
      else {
        valid += 1;
        assert.ok(found.kind === "valid", value);
        assert.deepEqual([found.regions[0], found.type], [says.region, says.type], value);
      }
    }),
    { numRuns: 10_000 },
  );
  assert.ok(valid > 300, `${valid} valid numbers`);
});

test("the mobile example of every region is a mobile of that region, or one that its plan can't tell apart", () => {
  for (const region of getCountries()) {
    const example = getExampleNumber(region, examples);
    assert.ok(example, region);
    const found = classOf(example.number);
    assert.ok(found.kind === "valid" && ["mobile", "fixed_line_or_mobile"].includes(found.type), region);
    assert.ok(found.regions.includes(region), `${example.number} is of ${found.regions}, not of ${region}`);
  }
});

test("numbers of no region are special ones: satellite phones, premium rate, personal numbers", () => {
  const numbers: Record<string, string> = {
    "+881612345678": "satellite",
    "+870773111632": "satellite",
    "+8835100123456": "satellite",
    "+88212345678": "satellite",
    "+979123456789": "premium_rate",
    "+80012345678": "toll_free",
    "+878101234567890": "personal_number",
  };
  for (const [number, type] of Object.entries(numbers))
    assert.deepEqual(classOf(number), { kind: "valid", regions: [], type }, number);
});

test("a number that is not valid is special if it begins as special ones do, or as none does", () => {
  const special = {
    "+10000000000": "no American number begins with 0",
    "+11234567890": "nor with 1",
    "+19000000000": "900: premium rate",
    "+18000000000": "800: toll-free",
    "+449012345678": "valid premium rate in Great Britain",
    "+449700000000": "no British number begins with 97",
  };
  for (const [number, why] of Object.entries(special)) {
    const found = classOf(number);
    assert.ok(
      found.kind === "special" || (found.kind === "valid" && found.type === "premium_rate"),
      `${number} ${why}`,
    );
  }
  // A new block of a mobile network, which the metadata of today does not have.
  assert.deepEqual(classOf("+919999"), { kind: "unknown", regions: ["IN"] });
});
