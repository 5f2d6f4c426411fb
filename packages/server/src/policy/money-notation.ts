/** How people write money: decimal amounts such as `0.0075`, and budgets such as `5/1h, 50/1d`. Loads nothing. */
import type { Budget, CountryBudgets } from "../model/price.ts";
import { formatLimits, parseLimits } from "./limit-notation.ts";

const microsInOne = 1_000_000;
/** Digits before the point: amounts, and sums of them, stay whole numbers that a double can hold. */
const wholeDigits = 9;
/** Less is no budget of messages; and from here on every count is large enough to be divided among slots. */
const leastBudgetMicros = 10_000;

/** Micros; `undefined`: it is no amount, or has more than six decimal places. */
export function parseMicros(text: string): number | undefined {
  const match = new RegExp(`^(\\d{1,${wholeDigits}})(?:\\.(\\d{1,6}))?$`).exec(text.trim());
  return match ? Number(match[1]) * microsInOne + Number((match[2] ?? "").padEnd(6, "0")) : undefined;
}

/** Micros of an amount as gateways report it; parts of a micro count as a whole one. `undefined`: it is none. */
export function reportedMicros(amount: string): number | undefined {
  const match = new RegExp(`^-?(\\d{1,${wholeDigits}})(?:\\.(\\d{1,6})(\\d*))?$`).exec(amount.trim());
  if (!match) return undefined;
  const micros = Number(match[1]) * microsInOne + Number((match[2] ?? "").padEnd(6, "0"));
  return /[1-9]/.test(match[3] ?? "") ? micros + 1 : micros;
}

/** At least two decimal places, as amounts of money have. */
export function formatMicros(micros: number): string {
  const decimals = String(micros % microsInOne).padStart(6, "0");
  return `${Math.floor(micros / microsInOne)}.${decimals.slice(0, 2)}${decimals.slice(2).replace(/0+$/, "")}`;
}

/** The budgets, or a string that says what is wrong. */
export function parseBudgets(text: string): readonly Budget[] | string {
  if (text.trim() === "off") return [];
  const budgets: Budget[] = [];
  for (const part of text.split(",")) {
    const given = part.trim();
    const slash = given.indexOf("/");
    const count = slash < 0 ? undefined : parseMicros(given.slice(0, slash));
    if (count === undefined)
      return `"${given}" is not a budget: write AMOUNT/TIME with at most six decimal places, such as 50/1d or 2.50/1h, or off`;
    if (count < leastBudgetMicros) return `"${given}": the amount is at least ${formatMicros(leastBudgetMicros)}`;
    const span = parseLimits(`1${given.slice(slash)}`);
    if (typeof span === "string") return `"${given}": the time is 1s to 30d, such as 1h or 1d`;
    const windowMs = span[0]?.windowMs ?? 0;
    if (budgets.some((budget) => budget.windowMs === windowMs)) return `"${given}": this time has a budget already`;
    budgets.push({ count, windowMs });
  }
  return budgets;
}

export function formatBudgets(budgets: readonly Budget[]): string {
  if (budgets.length === 0) return "off";
  return budgets
    .map(({ count, windowMs }) => `${formatMicros(count)}${formatLimits([{ count: 1, windowMs }]).slice(1)}`)
    .join(", ");
}

/** Budgets of one country, such as `IN=10/1d` or `*=5/1h`; or a string that says what is wrong. */
export function parseCountryBudgets(text: string): CountryBudgets | string {
  const at = text.indexOf("=");
  const country = text.slice(0, Math.max(0, at)).trim().toUpperCase();
  if (!/^(?:[A-Z]{2}|\*)$/.test(country))
    return `"${text}" is not a country's budget: write COUNTRY=AMOUNT/TIME, such as IN=10/1d, or *=5/1h for each other one`;
  const budgets = parseBudgets(text.slice(at + 1));
  if (typeof budgets === "string") return budgets;
  return budgets.length === 0 ? `"${text}" limits nothing: leave it out` : { [country]: budgets };
}

export function formatCountryBudgets(budgets: CountryBudgets): readonly string[] {
  return Object.entries(budgets).map(([country, each]) => `${country}=${formatBudgets(each)}`);
}

/** Whether it is written as a currency is; whether there is such a currency is not checked here. */
export function parseCurrency(text: string): string | undefined {
  const code = text.trim().toUpperCase();
  return Intl.supportedValuesOf("currency").includes(code) ? code : undefined;
}
