/** `antryk keyring …`: rotation. The file is read at start, so servers are restarted between the steps. */
import { Command } from "commander";
import { readConfig } from "../config.ts";
import { addKey, type KeyringFile, promoteKey, readKeyring, removeKey, replaceKeyring } from "../keyring/keyring.ts";
import { CommandError } from "./installation.ts";
import { type OutputOptions, print, table } from "./output.ts";
import { terminal } from "./terminal.ts";

export function keyringCommands(): Command {
  const keyring = new Command("keyring").description("the keys that codes are made from");
  keyring
    .command("list")
    .description("show key ids and what they are used for, never the keys")
    .option("--json", "print one JSON object")
    .action((options: OutputOptions) => {
      const keys = current().file.keys.map(({ id, status, demotedAt }) => ({
        id,
        status,
        demotedAt: demotedAt ?? null,
      }));
      print(
        options,
        { keys },
        table(
          ["KEY", "STATUS", "NO LONGER PRIMARY SINCE"],
          keys.map(({ id, status, demotedAt }) => [id, status, demotedAt ?? "-"]),
          "",
        ),
      );
    });
  keyring
    .command("add")
    .description("add a key that verifies but makes no codes yet; then restart every server")
    .option("--json", "print one JSON object")
    .action((options: OutputOptions) => {
      const { path, file } = current();
      const added = addKey(file);
      replaceKeyring(path, added.file);
      print(
        options,
        { keyId: added.id },
        `Key ${added.id} is added. Restart every server, then: antryk keyring promote ${added.id}`,
      );
    });
  change(
    keyring,
    "promote",
    "let new codes be made from a key; then restart every server",
    promoteKey,
    "makes new codes after the next restart",
  );
  change(keyring, "remove", "remove a key, 24 h after it was the primary one", removeKey, "is removed");
  return keyring;
}

function change(
  parent: Command,
  name: string,
  description: string,
  apply: (file: KeyringFile, id: string, now: Date) => KeyringFile,
  done: string,
): void {
  parent
    .command(name)
    .description(description)
    .argument("<key>", "the key's id")
    .option("--json", "print one JSON object")
    .action((id: string, options: OutputOptions) => {
      const { path, file } = current();
      replaceKeyring(path, apply(file, id, new Date()));
      print(options, { keyId: id }, `Key ${id} ${done}.`);
    });
}

function current(): { path: string; file: KeyringFile } {
  const { keyringPath: path } = readConfig(terminal().env);
  const file = readKeyring(path);
  if (!file)
    throw new CommandError(
      `there is no keyring at ${path}: set ANTRYK_KEYRING, or make an installation with "antryk init"`,
    );
  return { path, file };
}
