/** `antryk provider test` and `antryk send-test`: one real message through a gateway, with a code that verifies nothing. */
import { randomUUID } from "node:crypto";
import { Command } from "commander";
import { deliver } from "../delivery/deliver.ts";
import { GatewayDirectory } from "../delivery/gateways.ts";
import { createDispatcher } from "../gateways/lib/http-client.ts";
import { SandboxInbox } from "../gateways/sandbox/inbox.ts";
import { createLog } from "../observe/log.ts";
import { isPossibleRecipient } from "../policy/recipient.ts";
import { CommandError, openInstallation } from "./installation.ts";
import { type OutputOptions, print } from "./output.ts";

const budgetMs = 15_000;

export function sendTestCommand(name = "send-test"): Command {
  return new Command(name)
    .description("send one test message through a gateway and say what the gateway answered")
    .argument("[gateway]", "the gateway's name; the only one where there is one")
    .requiredOption("--to <number>", "the recipient, E.164")
    .option("--json", "print one JSON object")
    .action(async (wanted: string | undefined, options: OutputOptions & { to: string }) => {
      if (!isPossibleRecipient(options.to)) throw new CommandError("--to takes a number in E.164, such as +919876543210");
      const { store, keyring } = await openInstallation({ create: false });
      const dispatcher = createDispatcher();
      const context = { dispatcher, sandbox: new SandboxInbox(), now: Date.now };
      const gateways = new GatewayDirectory({ context, keyring, store, log: createLog("warn") });
      try {
        const target = await gateways.named(wanted);
        if (!target)
          throw new CommandError(
            wanted === undefined
              ? 'say which gateway: there is none, or more than one; "antryk provider list" shows them, "antryk provider add" makes one'
              : `there is no gateway ${wanted} that can be used: "antryk provider list" shows those that there are`,
          );
        const details: string[] = [];
        const message = {
          id: `test_${randomUUID()}`,
          to: options.to,
          text: "000000 is a test message of Antryk.",
          serviceId: "test",
          verificationId: "test",
        };
        const outcome = await deliver(
          message,
          { gateways: [target], failoverOnTimeout: false },
          {
            operation: "send-otp",
            budgetMs,
            now: () => store.now(),
            onFailure: (_, { class: reason, detail }) => details.push(`${reason}: ${detail}`),
          },
        );
        const [attempt] = outcome.attempts;
        const data = {
          gateway: target.name,
          outcome: attempt?.outcome,
          messageId: attempt?.messageId ?? null,
          durationMs: attempt?.durationMs,
          detail: details[0] ?? null,
        };
        if (outcome.kind !== "accepted") throw new CommandError(`${target.name} did not take the message: ${details.join("; ")}`);
        print(
          options,
          data,
          `${target.name} took the message in ${attempt?.durationMs} ms${attempt?.messageId ? ` as ${attempt.messageId}` : ""}.`,
        );
      } finally {
        await gateways.close();
        await dispatcher.close();
        await store.close();
      }
    });
}
