/** `antryk account …` */
import { randomUUID } from "node:crypto";
import type { WindowLimit } from "@antryk/contract";
import { Command } from "commander";
import { formatLimits } from "../policy/limit-notation.ts";
import { CommandError, openInstallation } from "./installation.ts";
import { accountLimits } from "./options.ts";
import { type OutputOptions, print, table } from "./output.ts";

const limitHelp = "sends of the whole account: N/Wu[, …] with units s m h d (1000/1d), or off";

export function accountCommands(): Command {
  const account = new Command("account").description("accounts: each has its own keys and services");
  account
    .command("create")
    .description("make an account")
    .argument("<name>", "what you call it")
    .option("--limit <limits>", limitHelp, accountLimits)
    .option("--json", "print one JSON object")
    .action(async (name: string, options: OutputOptions & { limit?: WindowLimit[] }) => {
      if (name.trim() === "" || name.length > 100) throw new CommandError("a name has 1 to 100 characters");
      const { store } = await openInstallation({ create: true });
      const id = randomUUID();
      await store.createAccount({ id, name, limits: options.limit ?? [], createdAt: store.now() });
      await store.close();
      print(options, { accountId: id }, `Account ${id} is made. Next: antryk key create --account ${id}`);
    });
  account
    .command("update")
    .description("change an account's limit")
    .argument("<account>", "the account's id")
    .requiredOption("--limit <limits>", limitHelp, accountLimits)
    .option("--json", "print one JSON object")
    .action(async (id: string, options: OutputOptions & { limit: WindowLimit[] }) => {
      const { store } = await openInstallation({ create: false });
      const found = await store.updateAccount(id, options.limit);
      await store.close();
      if (!found) throw new CommandError(`there is no account ${id}: "antryk account list" shows them`);
      print(options, { accountId: id, limit: formatLimits(options.limit) }, `Account ${id} has the limit ${formatLimits(options.limit)}.`);
    });
  account
    .command("list")
    .description("show all accounts")
    .option("--json", "print one JSON object")
    .action(async (options: OutputOptions) => {
      const { store } = await openInstallation({ create: false });
      const accounts = (await store.listAccounts()).map(({ id, name, limits, createdAt }) => ({
        accountId: id,
        name,
        limit: formatLimits(limits),
        createdAt: new Date(createdAt).toISOString(),
      }));
      await store.close();
      const rows = accounts.map(({ accountId, name, limit, createdAt }) => [accountId, name, limit, createdAt]);
      print(
        options,
        { accounts },
        table(["ACCOUNT", "NAME", "LIMIT", "CREATED"], rows, 'No account yet: make one with "antryk account create NAME".'),
      );
    });
  return account;
}
