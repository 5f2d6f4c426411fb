/** `antryk keyring …`: rotation. Running servers follow the file by themselves. */
import { Command } from "commander";
import { type Config, readConfig } from "../config.ts";
import { readKeyring, replaceKeyring } from "../keyring/file.ts";
import { addKey, type KeyringFile, promoteKey, removeKey } from "../keyring/keyring.ts";
import { StoreMissing } from "../model/errors.ts";
import { openStore } from "../store/open.ts";
import type { SeenNode } from "../store/ports/identity.ts";
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
    .description("add a key that verifies but makes no codes yet")
    .option("--json", "print one JSON object")
    .action((options: OutputOptions) => {
      const { config, file } = current();
      const added = addKey(file);
      replaceKeyring(config.keyringPath, added.file);
      print(
        options,
        { keyId: added.id },
        `Key ${added.id} is added. Copy ${config.keyringPath} to every host, ` +
          `and servers have it within seconds. Then: antryk keyring promote ${added.id}`,
      );
    });
  change(keyring, {
    name: "promote",
    description: "let new codes be made from a key that every running server has",
    apply: promoteKey,
    refuses: ({ keys }, id) => (keys.includes(id) ? undefined : `does not have ${id} yet`),
    done: "makes new codes from now on",
  });
  change(keyring, {
    name: "remove",
    description: "remove a key, 24 h after it was the primary one",
    apply: removeKey,
    refuses: ({ keys: [primary] }, id) => (primary === id ? `still makes codes from ${id}` : undefined),
    done: "is removed",
  });
  return keyring;
}

interface Change {
  readonly name: string;
  readonly description: string;
  readonly done: string;
  apply(file: KeyringFile, id: string, now: Date): KeyringFile;
  /** Why the change must wait for a running server, in words after its name. */
  refuses(node: SeenNode, id: string): string | undefined;
}

function change(parent: Command, { name, description, apply, refuses, done }: Change): void {
  parent
    .command(name)
    .description(description)
    .argument("<key>", "the key's id")
    .option("--json", "print one JSON object")
    .action(async (id: string, options: OutputOptions) => {
      const { config, file } = current();
      const changed = apply(file, id, new Date());
      for (const node of await runningNodes(config)) {
        const why = refuses(node, id);
        if (why !== undefined)
          throw new CommandError(
            `the server on ${node.host} (process ${node.pid}) ${why}: copy ${config.keyringPath} to its host, ` +
              'wait until "antryk node list" shows it, and try again',
          );
      }
      replaceKeyring(config.keyringPath, changed);
      print(options, { keyId: id }, `Key ${id} ${done}.`);
    });
}

/** None runs if there is no store yet. The keyring that is changed need not be one that opens the store. */
async function runningNodes(config: Config): Promise<readonly SeenNode[]> {
  try {
    const store = await openStore(config.database, { create: false });
    try {
      return await store.nodes();
    } finally {
      await store.close();
    }
  } catch (fault) {
    if (fault instanceof StoreMissing) return [];
    throw fault;
  }
}

function current(): { config: Config; file: KeyringFile } {
  const config = readConfig(terminal().env);
  const file = readKeyring(config.keyringPath);
  if (!file)
    throw new CommandError(
      `there is no keyring at ${config.keyringPath}: set ANTRYK_KEYRING, or make an installation with "antryk init"`,
    );
  return { config, file };
}
