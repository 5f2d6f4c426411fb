/** What an account's messages cost, as operators change it. */
import { providers } from "../gateways/registry.ts";
import type { Price } from "../model/price.ts";
import { isCountry } from "../policy/countries.ts";
import { formatMicros } from "../policy/money-notation.ts";
import { parsePrices } from "../policy/price-csv.ts";
import type { Store } from "../store/port.ts";
import { type Problem, problem, type Unknown } from "./outcomes.ts";

/** In place of all prices that the account has; with a bad line nothing is imported. `csv`: the file's text. */
export async function importPrices(
  store: Store,
  accountId: string,
  csv: string,
): Promise<{ readonly kind: "imported"; readonly prices: readonly Price[] } | Unknown | Problem> {
  const lines = parsePrices(csv);
  if (typeof lines === "string") return problem(lines);
  if (lines.length === 0) return problem("there is no price in it: antryk price clear removes all");
  const prices = lines.map(({ price }) => price);
  const done = await store.putPrices(accountId, prices, ({ currency }, gateways) => {
    if (currency === undefined)
      return `the account has no currency: antryk account update ${accountId} --currency EUR says in which the prices are`;
    const known = new Set(["*", ...providers.keys(), ...gateways.map(({ name }) => name)]);
    for (const { line, price } of lines) {
      if (price.country !== "*" && !isCountry(price.country)) return `line ${line}: no number is of "${price.country}"`;
      if (!known.has(price.gateway)) return `line ${line}: there is no gateway ${price.gateway}`;
    }
    return undefined;
  });
  if (done === undefined) return { kind: "unknown" };
  return done === true ? { kind: "imported", prices } : problem(done);
}

/** Removes them all. */
export async function clearPrices(store: Store, accountId: string): Promise<{ readonly kind: "cleared" } | Unknown> {
  const done = await store.putPrices(accountId, [], () => undefined);
  return { kind: done === undefined ? "unknown" : "cleared" };
}

/** As they were imported, with the account's currency. */
export async function pricesOf(
  store: Store,
  accountId: string,
): Promise<
  { readonly kind: "prices"; readonly currency: string | undefined; readonly prices: readonly Price[] } | Unknown
> {
  const account = (await store.listAccounts()).find(({ id }) => id === accountId);
  if (!account) return { kind: "unknown" };
  return { kind: "prices", currency: account.currency, prices: await store.listPrices(accountId) };
}

export function shownPrice({ country, gateway, micros }: Price) {
  return { country, gateway, price: formatMicros(micros) };
}
