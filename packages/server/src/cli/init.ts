/** `antryk init`: a new installation, ready to send. */
import { Command } from "commander";
import { createFirst } from "../administration/first.ts";
import { firstRunText } from "./first-run.ts";
import { CommandError, withInstallation } from "./installation.ts";
import { type OutputOptions, print } from "./output.ts";
import { serverUrl } from "./server.ts";

export function initCommand(): Command {
  return new Command("init")
    .description("make a store, a keyring, an account with an access key, and a sandbox service")
    .option("--name <name>", "of the account and its service (default Demo)")
    .option("--no-sandbox", "make no service: only the account and its key")
    .option("--json", "print one JSON object")
    .action(async (options: OutputOptions & { name?: string; sandbox: boolean }) => {
      const { first, config } = await withInstallation({ create: true }, async ({ config, store, keyring }) => ({
        config,
        first: await createFirst(store, keyring, options),
      }));
      if (!first)
        throw new CommandError(
          'the store has an account already: "antryk account list" shows it, "antryk key create" makes another key',
        );
      if ("kind" in first) throw new CommandError(first.message);
      print(options, first, firstRunText(serverUrl(config), serverUrl(config.operations), first));
    });
}
