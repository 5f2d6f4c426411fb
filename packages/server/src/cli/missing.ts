/** What commands say if a thing does not exist. */
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
