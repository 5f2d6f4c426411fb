/** Accounts: each has its own access keys and services. */
import { randomUUID } from "node:crypto";
import { defaults, type WindowLimit } from "@antryk/contract";
import type { Account } from "../model/account.ts";
import type { Store } from "../store/port.ts";
import type { MoneyChanges } from "../store/ports/accounts.ts";
import { currencyProblem, moneyProblem } from "./money.ts";
import { nameProblem } from "./names.ts";
import { type Problem, problem, type Unknown } from "./outcomes.ts";
import { limitsProblem } from "./settings/setting.ts";

/** What an operator enters; what is left out stays. */
export interface AccountChanges {
  readonly name?: string | undefined;
  readonly limits?: readonly WindowLimit[] | undefined;
  readonly recipientLimits?: readonly WindowLimit[] | undefined;
  readonly money?: MoneyChanges | undefined;
}

export async function createAccount(
  store: Store,
  { name, limits = defaults.accountLimits, recipientLimits, money = {} }: AccountChanges & { readonly name: string },
): Promise<{ readonly kind: "account"; readonly account: Account } | Problem> {
  const wrong = changesProblem({ name, limits, recipientLimits });
  if (wrong !== undefined) return problem(wrong);
  const own = recipientLimits === undefined ? {} : { recipientLimits };
  const given = Object.fromEntries(Object.entries(money).map(([key, value]) => [key, value ?? undefined]));
  const account: Account = { id: randomUUID(), name, limits, ...own, ...given, createdAt: store.now() };
  const wrongMoney = moneyProblem(account);
  if (wrongMoney !== undefined) return problem(wrongMoney);
  await store.createAccount(account);
  return { kind: "account", account };
}

/** `unknown`: there is no such account. */
export async function updateAccount(
  store: Store,
  id: string,
  changes: AccountChanges,
): Promise<{ readonly kind: "account"; readonly account: Account } | { readonly kind: "unknown" } | Problem> {
  const wrong = changesProblem(changes);
  if (wrong !== undefined) return problem(wrong);
  const account = await store.updateAccount(id, changes, (before, after, also) => {
    const wrongMoney = moneyProblem(after) ?? currencyProblem(before, after, also);
    return wrongMoney === undefined ? undefined : problem(wrongMoney);
  });
  if (account && "kind" in account) return account;
  return account ? { kind: "account", account } : { kind: "unknown" };
}

/** What it has stays; its keys are refused until it is restored. Running servers follow within two seconds. */
export async function archiveAccount(
  store: Store,
  id: string,
  isArchived: boolean,
): Promise<{ readonly kind: "account"; readonly account: Account } | Unknown> {
  const account = await store.updateAccount(id, { isArchived });
  return account ? { kind: "account", account } : { kind: "unknown" };
}

function changesProblem({ name, limits, recipientLimits }: AccountChanges): string | undefined {
  return (
    (name === undefined ? undefined : nameProblem(name)) ??
    (limits === undefined ? undefined : limitsProblem("sends of the whole account", limits)) ??
    (recipientLimits === undefined ? undefined : limitsProblem("sends of one recipient", recipientLimits))
  );
}
