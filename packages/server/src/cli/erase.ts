/** `antryk erase`: forgets one number everywhere in the store. */
import { Command } from "commander";
import { eraseNumber } from "../administration/erase.ts";
import { isPossibleRecipient } from "../policy/recipient.ts";
import { CommandError, openInstallation } from "./installation.ts";
import { type OutputOptions, print } from "./output.ts";

export function eraseCommand(): Command {
  return new Command("erase")
    .description("forget one number: its codes, counters, stored replies and history, also where only its hash is left")
    .requiredOption("--to <number>", "the recipient, E.164")
    .option("--json", "print one JSON object")
    .action(async (options: OutputOptions & { to: string }) => {
      if (!isPossibleRecipient(options.to)) throw new CommandError("--to takes a number in E.164, such as +919876543210");
      const { store, keyring } = await openInstallation({ create: false });
      const erased = await eraseNumber(store, keyring, options.to).finally(() => store.close());
      const { recipients, history, idempotencyKeys } = erased;
      print(options, erased, `Forgotten: ${recipients} rows of recipients, ${history} of history, ${idempotencyKeys} stored replies.`);
    });
}
