/** The flags of an account's money. */
import { type Command, InvalidArgumentError } from "commander";
import { budgetText, countryBudgetText } from "../administration/settings/budgets.ts";
import type { Budget, CountryBudgets } from "../model/price.ts";
import { parseBudgets, parseCountryBudgets, parseCurrency, parseMicros } from "../policy/money-notation.ts";
import type { MoneyChanges } from "../store/ports/accounts.ts";

export interface MoneyOptions {
  readonly currency?: string;
  /** Micros. Not null, which commander takes for a flag without its value. */
  readonly defaultPrice?: number | "off";
  readonly budget?: readonly Budget[];
  readonly countryBudget?: CountryBudgets;
}

export function addMoneyFlags(command: Command): Command {
  return command
    .option("--currency <code>", "of its prices and budgets, ISO 4217 such as EUR; off: none, and no budgets", currency)
    .option("--default-price <amount>", "what a segment costs that no price is known of, such as 0.05; or off", price)
    .option("--budget <budgets>", `what all its messages may cost: ${budgetText}`, (text) => valid(parseBudgets(text)))
    .option(
      "--country-budget <budgets>",
      `what its messages to one country may cost: ${countryBudgetText}`,
      (text: string, before: CountryBudgets | undefined) =>
        text === "off" ? {} : { ...before, ...valid(parseCountryBudgets(text)) },
    );
}

/** What the flags that were given change; undefined: none was. */
export function moneyOf({
  currency: code,
  defaultPrice,
  budget,
  countryBudget,
}: MoneyOptions): MoneyChanges | undefined {
  if ([code, defaultPrice, budget, countryBudget].every((each) => each === undefined)) return undefined;
  return {
    currency: code === "off" ? null : code,
    defaultPriceMicros: defaultPrice === "off" ? null : defaultPrice,
    budgets: budget,
    countryBudgets: countryBudget,
  };
}

function currency(text: string): string {
  const code = text === "off" ? text : parseCurrency(text);
  if (code === undefined) throw new InvalidArgumentError("It must be a currency by ISO 4217, such as EUR, or off.");
  return code;
}

function price(text: string): number | "off" {
  const micros = text === "off" ? text : parseMicros(text);
  if (micros === undefined)
    throw new InvalidArgumentError("It must be an amount with at most six decimal places, such as 0.05, or off.");
  return micros;
}

function valid<Value>(parsed: Value | string): Value {
  if (typeof parsed === "string") throw new InvalidArgumentError(parsed);
  return parsed;
}
