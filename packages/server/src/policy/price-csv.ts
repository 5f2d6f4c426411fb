/** Price lists as CSV: `country,gateway,price`, a line each. Loads nothing. */
import type { Price } from "../model/price.ts";
import { parseMicros } from "./money-notation.ts";

const header = "country,gateway,price";

export interface PriceLine {
  /** From 1, the header. */
  readonly line: number;
  readonly price: Price;
}

/** The prices, or a string that says which line is wrong and why: then nothing is taken. */
export function parsePrices(text: string): readonly PriceLine[] | string {
  const prices: PriceLine[] = [];
  const lines = new Map<string, number>();
  for (const [index, line] of text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .entries()) {
    const number = index + 1;
    if (number === 1) {
      if (cellsOf(line).join(",").toLowerCase() !== header) return `line 1: the header must be ${header}`;
      continue;
    }
    if (line.trim() === "") continue;
    const price = priceIn(line);
    if (typeof price === "string") return `line ${number}: ${price}`;
    const name = `${price.country} ${price.gateway}`;
    const before = lines.get(name);
    if (before !== undefined) return `line ${number}: ${name} has a price in line ${before} already`;
    lines.set(name, number);
    prices.push({ line: number, price });
  }
  return prices;
}

function priceIn(line: string): Price | string {
  const cells = cellsOf(line);
  const [country = "", gateway = "", price = ""] = cells;
  if (cells.length !== 3) return `${cells.length} values, not 3: ${header}`;
  if (!/^(?:[A-Za-z]{2}|\*)$/.test(country)) return `"${country}" is neither a country (ISO 3166-1 alpha-2) nor *`;
  if (gateway === "") return "the gateway is missing: write its name, or *";
  const micros = parseMicros(price);
  if (micros === undefined)
    return `"${price}" is not a price: write digits and a point, with at most six decimal places, such as 0.0075`;
  return { country: country.toUpperCase(), gateway, micros };
}

/** No value has a comma or a quote inside it. */
function cellsOf(line: string): string[] {
  return line.split(",").map((cell) =>
    cell
      .trim()
      .replace(/^"(.*)"$/, "$1")
      .trim(),
  );
}
