/** `antryk schema upgrade`: brings the store's schema up to date. */
import { Command } from "commander";
import { readConfig } from "../config.ts";
import { newestSchema, openStore } from "../store/open.ts";
import { type OutputOptions, print } from "./output.ts";
import { terminal } from "./terminal.ts";

export function schemaCommands(): Command {
  const schema = new Command("schema").description("the tables of the store");
  schema
    .command("upgrade")
    .description("bring the store's schema up to date; an empty store is set up, as by a start")
    .option("--json", "print one JSON object")
    .action(async (options: OutputOptions) => {
      const { database, databaseLabel: store } = readConfig(terminal().env);
      // The keyring is not read: whoever upgrades a database need not have it.
      await (await openStore(database, { create: true, upgrade: true })).close();
      const number = await newestSchema(database);
      print(
        options,
        { store, schema: number },
        `${store} has schema number ${number}, the newest that this antryk knows.`,
      );
    });
  return schema;
}
