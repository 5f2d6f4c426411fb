import assert from "node:assert/strict";
import { test } from "node:test";
import { parsePrices } from "./price-csv.ts";
import { noPrices, Prices } from "./prices.ts";

const csv = `country,gateway,price
IN,msg91,0.002
IN,*,0.02
*,tw,0.05

"de","*","0.07"
*,*,0.1
`;

function pricesIn(text: string): Prices {
  const lines = parsePrices(text);
  assert.ok(typeof lines !== "string", String(lines));
  return new Prices(lines.map(({ price }) => price));
}

test("the price of the country and the gateway counts first, then the country's, the gateway's, that of all", () => {
  const prices = pricesIn(csv);
  assert.equal(prices.find(["IN"], "msg91"), 2_000);
  assert.equal(prices.find(["IN"], "tw"), 20_000);
  assert.equal(prices.find(["US"], "tw"), 50_000);
  assert.equal(prices.find(["DE"], "tw"), 70_000);
  assert.equal(prices.find(["US"], "msg91"), 100_000);
  assert.equal(prices.find([], "tw"), 50_000, "a number of no region");
});

test("a number that may be of several countries costs what the dearest does", () => {
  assert.equal(pricesIn(csv).find(["IN", "DE"], "tw"), 70_000);
});

test("without a row that fits there is no price", () => {
  assert.equal(noPrices.find(["IN"], "tw"), undefined);
  assert.equal(pricesIn("country,gateway,price\nIN,tw,0.01").find(["US"], "tw"), undefined);
});

test("a bad line is named by its number, and nothing is taken", () => {
  const bad = (line: string) => parsePrices(`country,gateway,price\r\nIN,tw,0.01\r\n${line}`);
  for (const line of ["US,tw", "US,tw,0.1,1", "USA,tw,0.1", "US,,0.1", "US,tw,0,1", "US,tw,-1", "US,tw,1e3", "US,tw,"])
    assert.match(String(bad(line)), /^line 3: /, line);
  assert.equal(bad("IN,tw,0.02"), "line 3: IN tw has a price in line 2 already");
  assert.equal(parsePrices("IN,tw,0.01"), "line 1: the header must be country,gateway,price");
});
