/** Asking the server that runs on this machine. */
import { request } from "undici";
import { type Config, readConfig } from "../config.ts";
import { CommandError } from "./installation.ts";
import { terminal } from "./terminal.ts";

/** Where a server of this configuration is asked from this machine. */
export function serverUrl({ host, port }: Pick<Config, "host" | "port">): string {
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** What the running server answers to a path that only this machine may read. */
export async function askServer<T>(path: string): Promise<T> {
  const url = serverUrl(readConfig(terminal().env));
  const reply = await request(`${url}${path}`).catch((fault: NodeJS.ErrnoException) => {
    throw new CommandError(
      `no server answers at ${url} (${fault.code}): start one with "antryk serve", or set ANTRYK_HOST and ANTRYK_PORT`,
    );
  });
  if (reply.statusCode !== 200)
    throw new CommandError(
      `the server at ${url} does not show this: it does so only while it listens on a loopback address`,
    );
  return (await reply.body.json()) as T;
}
