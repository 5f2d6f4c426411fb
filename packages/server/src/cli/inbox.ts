/** `antryk inbox`: the sandbox's messages of the running server. */
import { Command } from "commander";
import type { SandboxMessage } from "../gateways/sandbox/inbox.ts";
import { type OutputOptions, print, table } from "./output.ts";
import { recipientOf } from "./recipient.ts";
import { askServer } from "./server.ts";

export function inboxCommand(): Command {
  return new Command("inbox")
    .description("read the sandbox's messages from the server that runs on this machine")
    .option("--to <number>", "only this recipient's")
    .option("--json", "print one JSON object")
    .action(async (options: OutputOptions & { to?: string }) => {
      const messages = await fetchMessages(options.to === undefined ? undefined : recipientOf(options.to));
      const rows = messages.map(({ createdAt, to, text }) => [createdAt, to, text]);
      print(options, { messages }, table(["RECEIVED", "TO", "TEXT"], rows, "No message yet."));
    });
}

async function fetchMessages(to: string | undefined): Promise<SandboxMessage[]> {
  const query = to === undefined ? "" : `?to=${encodeURIComponent(to)}`;
  return (await askServer<{ messages: SandboxMessage[] }>(`/sandbox/messages${query}`)).messages;
}
