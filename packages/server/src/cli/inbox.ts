/** `antryk inbox`: the sandbox's messages of the running server. */
import { Command } from "commander";
import type { SandboxMessage } from "../gateways/sandbox/inbox.ts";
import { isPossibleRecipient } from "../policy/recipient.ts";
import { CommandError } from "./installation.ts";
import { type OutputOptions, print, table } from "./output.ts";
import { askServer } from "./server.ts";

export function inboxCommand(): Command {
  return new Command("inbox")
    .description("read the sandbox's messages from the server that runs on this machine")
    .option("--to <number>", "only this recipient's")
    .option("--json", "print one JSON object")
    .action(async (options: OutputOptions & { to?: string }) => {
      if (options.to !== undefined && !isPossibleRecipient(options.to))
        throw new CommandError("--to takes a number in E.164, such as +919876543210");
      const messages = await fetchMessages(options.to);
      const rows = messages.map(({ createdAt, to, text }) => [createdAt, to, text]);
      print(options, { messages }, table(["RECEIVED", "TO", "TEXT"], rows, "No message yet."));
    });
}

async function fetchMessages(to: string | undefined): Promise<SandboxMessage[]> {
  const query = to === undefined ? "" : `?to=${encodeURIComponent(to)}`;
  return (await askServer<{ messages: SandboxMessage[] }>(`/sandbox/messages${query}`)).messages;
}
