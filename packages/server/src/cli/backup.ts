/** `antryk backup`: the store of SQLite as one file. */
import { resolve } from "node:path";
import { Command } from "commander";
import { readConfig } from "../config.ts";
import { backupSqlite } from "../store/sqlite/backup.ts";
import { CommandError, withInstallation } from "./installation.ts";
import { type OutputOptions, print } from "./output.ts";
import { terminal } from "./terminal.ts";

export function backupCommand(): Command {
  return new Command("backup")
    .description("copy a SQLite store, also of a running server, into one file")
    .requiredOption("--to <file>", "a file that does not exist yet")
    .option("--json", "print one JSON object")
    .action(async (options: OutputOptions & { to: string }) => {
      const config = readConfig(terminal().env);
      if (config.database.engine !== "sqlite")
        throw new CommandError(
          "PostgreSQL is backed up by its own tools, such as pg_dump -Fc: docs/operations.md says how",
        );
      // A keyring that does not belong to the store is noticed now, not when the copy is needed.
      await withInstallation({ create: false }, async () => undefined, config);
      const to = resolve(options.to);
      let bytes: number;
      try {
        bytes = backupSqlite(config.database.path, to);
      } catch (fault) {
        const { code, message } = fault as NodeJS.ErrnoException;
        throw new CommandError(
          code === "EEXIST" ? `${to} is there already: name a new file` : `no backup was made: ${message}`,
        );
      }
      print(
        options,
        { file: to, bytes, keyring: config.keyringPath },
        `The store is copied to ${to} (${bytes} bytes).\n` +
          `Codes in it need the keyring: keep a copy of ${config.keyringPath} in another place than this file.`,
      );
    });
}
