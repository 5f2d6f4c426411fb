/** `antryk erase`: forgets one number everywhere in the store. */
import { Command } from "commander";
import { eraseNumber } from "../administration/erase.ts";
import { withInstallation } from "./installation.ts";
import { type OutputOptions, print } from "./output.ts";
import { recipientOf } from "./recipient.ts";

export function eraseCommand(): Command {
  return new Command("erase")
    .description("forget one number: its codes, counters, stored replies and history, also if only its hash is left")
    .requiredOption("--to <number>", "the recipient, E.164")
    .option("--json", "print one JSON object")
    .action(async (options: OutputOptions & { to: string }) => {
      const to = recipientOf(options.to);
      const erased = await withInstallation({ create: false }, ({ store, keyring }) => eraseNumber(store, keyring, to));
      const { recipients, history, idempotencyKeys } = erased;
      print(
        options,
        erased,
        `Forgotten: ${recipients} rows of recipients, ${history} of history, ${idempotencyKeys} stored replies.`,
      );
    });
}
