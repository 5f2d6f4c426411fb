/** `antryk init`, `unlock` and `migrate`. */
import { Command } from "commander";
import { createFirst } from "../administration/first.ts";
import { readConfig } from "../config.ts";
import { isLoopbackHost } from "../http/local.ts";
import { isPossibleRecipient } from "../policy/recipient.ts";
import { newestSchema } from "../store/open.ts";
import { firstRunText } from "./first-run.ts";
import { CommandError, openInstallation } from "./installation.ts";
import { type MoveCommandOptions, moveInstallation } from "./move.ts";
import { type OutputOptions, print } from "./output.ts";
import { serverUrl } from "./server.ts";
import { terminal } from "./terminal.ts";

export function initCommand(): Command {
  return new Command("init")
    .description("make a store, a keyring, an account with an access key, and a sandbox service")
    .option("--json", "print one JSON object")
    .action(async (options: OutputOptions) => {
      const { config, store, keyring } = await openInstallation({ create: true });
      const first = await createFirst(store, keyring);
      await store.close();
      if (!first)
        throw new CommandError('the store has an account already: "antryk account list" shows it, "antryk key create" makes another key');
      print(options, first, firstRunText(serverUrl(config), first, isLoopbackHost(config.host)));
    });
}

export function unlockCommand(): Command {
  return new Command("unlock")
    .description("empty a recipient's count of wrong codes, so that sends and tries are answered again")
    .requiredOption("--service <service>", "the service's id")
    .requiredOption("--to <number>", "the recipient, E.164")
    .option("--json", "print one JSON object")
    .action(async (options: OutputOptions & { service: string; to: string }) => {
      if (!isPossibleRecipient(options.to)) throw new CommandError("--to takes a number in E.164, such as +919876543210");
      const { store } = await openInstallation({ create: false });
      const service = await store.findService(options.service.toLowerCase());
      const unlocked =
        service !== undefined && (await store.unlock({ accountId: service.accountId, serviceId: service.id, recipient: options.to }));
      await store.close();
      if (!service) throw new CommandError(`there is no service ${options.service}: "antryk service list" shows them`);
      print(options, { unlocked }, unlocked ? "The count of wrong codes is empty." : "Nothing is counted for this recipient.");
    });
}

export function migrateCommand(): Command {
  return new Command("migrate")
    .description("bring the store's schema up to date, as serve does; or move a stopped SQLite installation's data to PostgreSQL")
    .option("--from <url>", "move: sqlite:PATH (default ANTRYK_DATABASE_URL)")
    .option("--to <url>", "move: an empty database, postgres://… (default ANTRYK_DATABASE_URL)")
    .option("--json", "print one JSON object")
    .action(async (options: MoveCommandOptions) => {
      if (options.from !== undefined || options.to !== undefined) return moveInstallation(options);
      const { database, databaseLabel } = readConfig(terminal().env);
      const { store } = await openInstallation({ create: true });
      await store.close();
      const schema = await newestSchema(database);
      print(options, { store: databaseLabel, schema }, `${databaseLabel} has schema number ${schema}, the newest that this antryk knows.`);
    });
}
