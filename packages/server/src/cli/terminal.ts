/** Where a command reads its variables and prints: the process, unless its caller gives something else. */
import { AsyncLocalStorage } from "node:async_hooks";

export interface Output {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: Output;
  readonly stderr: Output;
}

const given = new AsyncLocalStorage<Terminal>();

/** That of the command that asks. */
export function terminal(): Terminal {
  return given.getStore() ?? process;
}

/** Runs `command` with this terminal; several may run at once. */
export function withTerminal<T>(own: Terminal, command: () => Promise<T>): Promise<T> {
  return given.run(own, command);
}
