/** What an operator has: accounts, services and keys. What is archived is left out unless all is asked for. */
import type { AccessKey, Account } from "../model/account.ts";
import type { Service } from "../model/service.ts";
import type { AccountStore } from "../store/ports/accounts.ts";
import type { Unknown } from "./outcomes.ts";

export interface Wanted {
  /** Only this account's, even if it is archived. */
  readonly account?: string | undefined;
  readonly all?: boolean | undefined;
}

type Source = Pick<AccountStore, "listAccounts" | "listServices" | "listAccessKeys">;

export async function accountsOf(store: Source, { all = false }: Wanted): Promise<Account[]> {
  return (await store.listAccounts()).filter(({ archivedAt }) => all || archivedAt === undefined);
}

/** `unknown`: there is no such account. */
export async function servicesOf(store: Source, wanted: Wanted): Promise<Service[] | Unknown> {
  const isOpen = await openAccounts(store, wanted);
  if (!isOpen) return { kind: "unknown" };
  const services = await store.listServices(wanted.account);
  return services.filter(({ accountId, archivedAt }) => wanted.all || (archivedAt === undefined && isOpen(accountId)));
}

/** `unknown`: there is no such account. */
export async function keysOf(store: Source, wanted: Wanted): Promise<AccessKey[] | Unknown> {
  const isOpen = await openAccounts(store, wanted);
  if (!isOpen) return { kind: "unknown" };
  return (await store.listAccessKeys(wanted.account)).filter(({ accountId }) => isOpen(accountId));
}

/** Whether an account's things are shown; `undefined`: the account that is asked for does not exist. */
async function openAccounts(
  store: Source,
  { account, all = false }: Wanted,
): Promise<((accountId: string) => boolean) | undefined> {
  const accounts = await store.listAccounts();
  if (account !== undefined && !accounts.some(({ id }) => id === account)) return undefined;
  const archived = new Set(accounts.filter(({ archivedAt }) => archivedAt !== undefined).map(({ id }) => id));
  return (accountId) => all || account !== undefined || !archived.has(accountId);
}
