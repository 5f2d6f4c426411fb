/** What commands say if a thing does not exist. */
import type { Store } from "../store/port.ts";
import { CommandError } from "./installation.ts";

export function noAccount(id: string): CommandError {
  return new CommandError(`there is no account ${id}: "antryk account list" shows them`);
}

export function noService(id: string): CommandError {
  return new CommandError(`there is no service ${id}: "antryk service list" shows them`);
}

export function noGateway(name: string): CommandError {
  return new CommandError(`there is no gateway ${name}: "antryk gateway list" shows them`);
}

/** An empty list would say that the account has nothing. */
export async function mustExist(store: Store, accountId: string | undefined): Promise<void> {
  if (accountId === undefined) return;
  if (!(await store.listAccounts()).some(({ id }) => id === accountId)) throw noAccount(accountId);
}
