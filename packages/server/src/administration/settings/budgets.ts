/** What a service's messages may cost. */
import type { Budget, CountryBudgets } from "../../model/price.ts";
import { formatBudgets, formatCountryBudgets, parseBudgets, parseCountryBudgets } from "../../policy/money-notation.ts";
import { problem } from "../outcomes.ts";
import { asValue, type Setting } from "./setting.ts";

export const budgetText = "AMOUNT/TIME[, …] in the account's currency, such as 5/1h, 50/1d; or off";
export const countryBudgetText =
  "COUNTRY=AMOUNT/TIME, such as IN=10/1d, or *=5/1d for each other country; repeat it; off removes all";

const budgets: Setting<readonly Budget[]> = {
  name: "budget",
  flag: "budget",
  takes: "budgets",
  help: `what its messages may cost: ${budgetText} (default off)`,
  documented: { what: "what the service's messages may cost", usual: "off", range: "any amount from 0.01" },
  read(given) {
    const parsed = parseBudgets(given);
    return typeof parsed === "string" ? problem(parsed) : asValue(parsed);
  },
  put: (value, changes) => ({ ...changes, budgets: value }),
  problemOf(service) {
    const parsed = parseBudgets(formatBudgets(service.budgets));
    return typeof parsed === "string" ? parsed : undefined;
  },
  show: (service) => formatBudgets(service.budgets),
};

const countryBudgets: Setting<CountryBudgets> = {
  name: "countryBudget",
  flag: "country-budget",
  takes: "budgets",
  help: `what its messages to one country may cost: ${countryBudgetText}`,
  read(given, before = {}) {
    if (given === "off") return asValue({});
    const parsed = parseCountryBudgets(given);
    return typeof parsed === "string" ? problem(parsed) : asValue({ ...before, ...parsed });
  },
  put: (value, changes) => ({ ...changes, countryBudgets: value }),
  problemOf(service) {
    const shown = formatCountryBudgets(service.countryBudgets).map(parseCountryBudgets);
    return shown.find((each) => typeof each === "string");
  },
  show: (service) => formatCountryBudgets(service.countryBudgets),
};

export const budgetSettings: readonly Setting[] = [budgets, countryBudgets];
