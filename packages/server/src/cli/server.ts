/** Asking the server that runs on this machine. */
import { request } from "undici";
import { readConfig } from "../config.ts";
import { CommandError } from "./installation.ts";
import { knownToken } from "./operations-token.ts";
import { terminal } from "./terminal.ts";

/** Where a listener is asked from this machine: one on every address is here, too. */
export function serverUrl({ host, port }: { readonly host: string; readonly port: number }): string {
  const here = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return `http://${here.includes(":") ? `[${here}]` : here}:${port}`;
}

/** What the running server answers to operators. */
export async function askServer<T>(path: string): Promise<T> {
  const config = readConfig(terminal().env);
  const url = serverUrl(config.operations);
  const token = knownToken(config);
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const reply = await request(`${url}${path}`, { headers }).catch((fault: NodeJS.ErrnoException) => {
    throw new CommandError(
      `no server answers operators at ${url} (${fault.code}): start one with "antryk serve", or set ` +
        "ANTRYK_OPERATIONS_HOST and ANTRYK_OPERATIONS_PORT as it has them",
    );
  });
  if (reply.statusCode === 200) return (await reply.body.json()) as T;
  await reply.body.dump();
  throw new CommandError(
    reply.statusCode === 401
      ? `the server at ${url} wants its token: set ANTRYK_OPERATIONS_TOKEN, or run this where its store is`
      : `the server at ${url} does not show this (HTTP ${reply.statusCode})`,
  );
}
