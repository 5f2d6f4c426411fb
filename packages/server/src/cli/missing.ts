/** What commands say if a thing does not exist. */
import type { Unknown } from "../administration/outcomes.ts";
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

export function archivedAccount(id: string): CommandError {
  return new CommandError(`the account ${id} is archived: "antryk account restore ${id}" brings it back`);
}

/** An empty list would say that the account has nothing. */
export function found<Thing>(list: readonly Thing[] | Unknown, account: string | undefined): readonly Thing[] {
  if ("kind" in list) throw noAccount(account ?? "");
  return list;
}
