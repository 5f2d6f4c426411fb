/** Which budgets a message is counted in, and how its cost is known. No I/O. */
import type { AccountSpending } from "../model/account.ts";
import type { SharedLimit } from "../model/limits.ts";
import type { Budget, CountryBudgets } from "../model/price.ts";
import type { Service } from "../model/service.ts";
import { countryOf } from "./charges.ts";
import type { NumberClass } from "./number-plan.ts";

/** Every budget that a message of this cost is taken from, in the account's and the service's. None if it costs nothing. */
export function budgetCharges(
  { accountId, spending }: { readonly accountId: string; readonly spending: AccountSpending },
  service: Pick<Service, "id" | "budgets" | "countryBudgets">,
  to: string,
  found: NumberClass,
  costMicros: number,
): SharedLimit[] {
  if (costMicros <= 0) return [];
  const charges: SharedLimit[] = [];
  const charge = (subject: string, budgets: readonly Budget[]) => {
    for (const limit of budgets) charges.push({ scope: "budget", subject, limit, cost: costMicros });
  };
  for (const [id, own] of [
    [accountId, spending],
    [service.id, service],
  ] as const) {
    charge(id, own.budgets);
    for (const [country, budgets] of budgetsOf(own.countryBudgets, to, found)) charge(`${id} ${country}`, budgets);
  }
  return charges;
}

/** A number that no plan has yet may be of any of its regions: it is counted for each of them that has a budget. */
function budgetsOf(byCountry: CountryBudgets, to: string, found: NumberClass): [string, readonly Budget[]][] {
  const others = byCountry["*"] ?? [];
  const regions = regionsOf(found);
  const named = regions.flatMap((region): [string, readonly Budget[]][] => {
    const own = Object.hasOwn(byCountry, region) ? byCountry[region] : undefined;
    return own ? [[region, own]] : [];
  });
  if (named.length > 0) return named;
  return others.length > 0 ? [[countryOf(to, found), others]] : [];
}

/** The region that the number is of; those that it may be of, if no plan has it yet. */
export function regionsOf(found: NumberClass): readonly string[] {
  if (found.kind === "valid") return found.regions.slice(0, 1);
  return found.kind === "unknown" ? found.regions : [];
}
