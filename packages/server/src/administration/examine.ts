/** Looks at what a server needs of its store. */
import type { WindowLimit } from "@antryk/contract";
import type { Account } from "../model/account.ts";
import type { SharedLimit } from "../model/limits.ts";
import type { Service } from "../model/service.ts";
import { isNear, nearText } from "../policy/near-limits.ts";
import type { Store } from "../store/port.ts";
import type { HistoryBehind } from "../store/ports/identity.ts";
import { guardReports, guardText } from "./guard.ts";

export interface StoreState {
  readonly recipients: number;
  readonly history: number;
  readonly accounts: number;
  readonly services: number;
  /** Limits of accounts and services that are nearly used, each in a sentence. */
  readonly nearLimits: readonly string[];
  /** What guards that only watch would have refused, each in a sentence. */
  readonly guards: readonly string[];
  /** What the operator should know of the database. */
  readonly warnings: readonly string[];
}

/** Throws StoreUnavailable if the store can't be written. */
export async function examineStore(store: Store): Promise<StoreState> {
  const { historyBehind } = await store.ping();
  const { recipients, history } = await store.sizes();
  const [accounts, services] = await Promise.all([store.listAccounts(), store.listServices(undefined)]);
  const warnings = [
    ...behindWarnings(historyBehind),
    ...(await store.warnings()),
    ...uncountedBudgets(accounts, services),
  ];
  const nearLimits = await limitsNear(store, [
    ...accounts.map(({ id, limits }) => ({ accountId: id, scope: "account" as const, subject: id, limits })),
    ...services.map(({ id, accountId, serviceLimits }) => ({
      accountId,
      scope: "service" as const,
      subject: id,
      limits: serviceLimits,
    })),
    ...budgetsOf(accounts, services),
  ]);
  const guards = (await guardReports(store)).flatMap((report) => guardText(report) ?? []);
  return { recipients, history, accounts: accounts.length, services: services.length, nearLimits, guards, warnings };
}

function behindWarnings(behind: HistoryBehind | null): string[] {
  if (!behind) return [];
  const { moved, all } = behind;
  return [
    `a move still brings the older history, ${moved} of ${all} rows so far; look-ups of what is missing are 404: ` +
      'if "antryk move" runs no more, run it again',
  ];
}

/** What is counted of money. */
function* budgetsOf(accounts: readonly Account[], services: readonly Service[]): Generator<Limited> {
  const withCurrency = new Set(accounts.filter(({ currency }) => currency !== undefined).map(({ id }) => id));
  for (const owner of [...accounts.map((account) => ({ ...account, accountId: account.id })), ...services]) {
    const { id, accountId, budgets = [], countryBudgets = {} } = owner;
    if (!withCurrency.has(accountId)) continue;
    yield { accountId, scope: "budget", subject: id, limits: budgets };
    for (const [country, limits] of Object.entries(countryBudgets))
      yield { accountId, scope: "budget", subject: `${id} ${country}`, limits };
  }
}

/** Budgets of services whose accounts have no currency. */
function uncountedBudgets(accounts: readonly Account[], services: readonly Service[]): string[] {
  const without = new Set(accounts.filter(({ currency }) => currency === undefined).map(({ id }) => id));
  return services
    .filter(({ accountId, budgets, countryBudgets }) => {
      return without.has(accountId) && (budgets.length > 0 || Object.keys(countryBudgets).length > 0);
    })
    .map(({ id, accountId }) => {
      return `service ${id} has a budget, which counts nothing: antryk account update ${accountId} --currency EUR`;
    });
}

interface Limited extends Pick<SharedLimit, "scope" | "subject"> {
  readonly accountId: string;
  readonly limits: readonly WindowLimit[];
}

async function limitsNear(store: Store, all: readonly Limited[]): Promise<string[]> {
  const near: string[] = [];
  for (const { accountId, scope, subject, limits } of all) {
    for (const limit of limits) {
      const shared = { scope, subject, limit };
      const used = await store.used(accountId, shared);
      if (isNear(shared, used)) near.push(nearText(accountId, shared, used));
    }
  }
  return near;
}
