/** `antryk gateway test` and `antryk send-test`: one real message through a gateway. */
import { Command } from "commander";
import { sendTestMessage } from "../administration/test-message.ts";
import { GatewayDirectory } from "../delivery/gateways.ts";
import { createDispatcher } from "../gateways/lib/http-client.ts";
import { SandboxInbox } from "../gateways/sandbox/inbox.ts";
import { createLog } from "../observe/log.ts";
import { CommandError, type Installation, withInstallation } from "./installation.ts";
import { type OutputOptions, print } from "./output.ts";
import { recipientOf } from "./recipient.ts";

const budgetMs = 15_000;

export function sendTestCommand(name: string): Command {
  return new Command(name)
    .description("send one test message through a gateway and say what the gateway answered")
    .argument("[gateway]", "the gateway's name; may be left out if there is only one")
    .requiredOption("--to <number>", "the recipient, E.164")
    .option("--json", "print one JSON object")
    .action(async (gateway: string | undefined, options: OutputOptions & { to: string }) => {
      const to = recipientOf(options.to);
      const result = await withInstallation({ create: false }, (installation) =>
        sendThrough(gateway, to, installation),
      );
      if (result.kind === "unknown")
        throw new CommandError(
          gateway === undefined
            ? `say which gateway: there is none, or more than one; "antryk gateway list" shows them`
            : `there is no gateway ${gateway} that can be used: "antryk gateway list" shows them all`,
        );
      const { kind, ...data } = result;
      if (kind === "not_taken") throw new CommandError(`${data.gateway} did not take the message: ${data.detail}`);
      const as = data.messageId === null ? "" : ` as ${data.messageId}`;
      print(options, data, `${data.gateway} took the message in ${data.durationMs} ms${as}.`);
    });
}

async function sendThrough(gateway: string | undefined, to: string, { store, keyring }: Installation) {
  const dispatcher = createDispatcher();
  const context = { dispatcher, sandbox: new SandboxInbox(), now: Date.now };
  const gateways = new GatewayDirectory({ context, keyring, store, log: createLog("warn") });
  try {
    return await sendTestMessage(gateways, { gateway, to, budgetMs, now: () => store.now() });
  } finally {
    await gateways.close();
    await dispatcher.close();
  }
}
