/** An account's currency and budgets: what can't be set. */
import type { Account } from "../model/account.ts";
import type { CountryBudgets } from "../model/price.ts";
import { isCountry } from "../policy/countries.ts";
import type { InCurrency } from "../store/ports/accounts.ts";

/** Undefined: nothing is wrong. */
export function moneyProblem(account: Pick<Account, "currency" | "defaultPriceMicros" | "budgets" | "countryBudgets">) {
  const { currency, countryBudgets = {} } = account;
  if (currency === undefined && hasAmounts(account))
    return "prices and budgets need the account's currency: give --currency, such as EUR";
  return countryBudgetsProblem(countryBudgets);
}

/** Amounts that were meant in one currency must not count in another. */
export function currencyProblem(before: Account, after: Account, { hasPrices, services }: InCurrency) {
  if (before.currency === undefined || before.currency === after.currency) return undefined;
  if (!hasPrices && !hasAmounts(before) && !services.some(hasAmounts)) return undefined;
  return (
    `its prices and budgets are in ${before.currency}: take them away first, by antryk price clear, and ` +
    "--default-price, --budget and --country-budget off of the account and its services"
  );
}

export function countryBudgetsProblem(budgets: CountryBudgets): string | undefined {
  const unknown = Object.keys(budgets).find((country) => country !== "*" && !isCountry(country));
  return unknown === undefined ? undefined : `country budgets: no number is of "${unknown}" (ISO 3166-1 alpha-2)`;
}

function hasAmounts(owner: Pick<Account, "defaultPriceMicros" | "budgets" | "countryBudgets">): boolean {
  const { defaultPriceMicros, budgets = [], countryBudgets = {} } = owner;
  return defaultPriceMicros !== undefined || budgets.length > 0 || Object.keys(countryBudgets).length > 0;
}
