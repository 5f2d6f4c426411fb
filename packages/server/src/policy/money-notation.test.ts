import assert from "node:assert/strict";
import { test } from "node:test";
import {
  formatBudgets,
  formatCountryBudgets,
  formatMicros,
  parseBudgets,
  parseCountryBudgets,
  parseCurrency,
  parseMicros,
  reportedMicros,
} from "./money-notation.ts";

test("amounts are decimal texts of at most six places, read without a rounding error", () => {
  for (const [text, micros, shown = text] of [
    ["0.0075", 7_500],
    ["0.29", 290_000],
    ["1.005", 1_005_000],
    ["50", 50_000_000, "50.00"],
    ["0", 0, "0.00"],
    ["0.000001", 1],
    ["999999999.999999", 999_999_999_999_999],
  ] as const) {
    assert.equal(parseMicros(text), micros);
    assert.equal(formatMicros(micros), shown);
  }
  for (const text of ["", "-1", "1,5", "1e3", ".5", "1.", "0.0000001", "1234567890", "1 000", "€1"])
    assert.equal(parseMicros(text), undefined, text);
});

test("a gateway's amount may be negative, as some write what they take, and finer than a micro", () => {
  assert.equal(reportedMicros("-0.0075"), 7_500);
  assert.equal(reportedMicros("0.00990"), 9_900);
  assert.equal(reportedMicros("0.00000010"), 1);
  assert.equal(reportedMicros("NaN"), undefined);
});

test("budgets are read as they are shown", () => {
  for (const text of ["off", "50.00/1d", "5.00/1h, 50.00/1d", "0.01/30m"]) {
    const parsed = parseBudgets(text);
    assert.ok(typeof parsed !== "string", String(parsed));
    assert.equal(formatBudgets(parsed), text);
  }
  assert.deepEqual(parseBudgets("5/1h"), [{ count: 5_000_000, windowMs: 3_600_000 }]);
  for (const text of ["", "5", "5/", "5/1", "/1d", "5/1y", "5/0s", "5/31d", "0.001/1d", "x/1d", "5/1d,6/24h"])
    assert.equal(typeof parseBudgets(text), "string", text);
});

test("a country's budget names the country", () => {
  const parsed = parseCountryBudgets("in=10/1d, 1/1h");
  assert.ok(typeof parsed !== "string");
  assert.deepEqual(formatCountryBudgets(parsed), ["IN=10.00/1d, 1.00/1h"]);
  assert.ok(typeof parseCountryBudgets("*=5/1d") !== "string");
  for (const text of ["10/1d", "IND=10/1d", "=10/1d", "IN=", "IN=off"])
    assert.equal(typeof parseCountryBudgets(text), "string", text);
});

test("currencies are those of ISO 4217", () => {
  assert.equal(parseCurrency("eur"), "EUR");
  for (const text of ["", "EURO", "€", "XX"]) assert.equal(parseCurrency(text), undefined);
});
