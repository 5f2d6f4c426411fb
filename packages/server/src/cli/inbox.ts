/** `antryk inbox`: the sandbox's messages of the running server. */
import { Command } from "commander";
import { request } from "undici";
import { readConfig } from "../config.ts";
import type { SandboxMessage } from "../providers/sandbox-inbox.ts";
import { CommandError } from "./installation.ts";
import { type OutputOptions, print, table } from "./output.ts";

export function inboxCommand(): Command {
  return new Command("inbox")
    .description("read the sandbox's messages from the server that runs on this machine")
    .option("--to <number>", "only this recipient's")
    .option("--json", "print one JSON object")
    .action(async (options: OutputOptions & { to?: string }) => {
      const messages = await fetchMessages(options.to);
      const rows = messages.map(({ createdAt, to, text }) => [createdAt, to, text]);
      print(options, { messages }, table(["RECEIVED", "TO", "TEXT"], rows, "No message yet."));
    });
}

async function fetchMessages(to: string | undefined): Promise<SandboxMessage[]> {
  const { host, port } = readConfig(process.env);
  const query = to === undefined ? "" : `?to=${encodeURIComponent(to)}`;
  const url = `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
  const reply = await request(`${url}/sandbox/messages${query}`).catch((fault: NodeJS.ErrnoException) => {
    throw new CommandError(
      `no server answers at ${url} (${fault.code}): start one with "antryk serve", or set ANTRYK_HOST and ANTRYK_PORT`,
    );
  });
  if (reply.statusCode !== 200)
    throw new CommandError(`the server at ${url} does not show its sandbox: it does so only while it listens on a loopback address`);
  return ((await reply.body.json()) as { messages: SandboxMessage[] }).messages;
}
