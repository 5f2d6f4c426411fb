/** `antryk key …` */
import { Command } from "commander";
import { createKey, revokeKey } from "../administration/keys.ts";
import { keysOf, type Wanted } from "../administration/overview.ts";
import { shownKey } from "../administration/shown.ts";
import { CommandError, withInstallation } from "./installation.ts";
import { archivedAccount, found, noAccount } from "./missing.ts";
import { type OutputOptions, print, table } from "./output.ts";

export function keyCommands(): Command {
  const key = new Command("key").description("access keys: how an app says which account it is");
  key
    .command("create")
    .description("make an access key; its secret is shown once")
    .requiredOption("--account <account>", "the account's id")
    .option("--name <name>", "what you call it, such as the app that uses it")
    .option("--json", "print one JSON object")
    .action(async (options: OutputOptions & { account: string; name?: string }) => {
      const { account, name } = options;
      const made = await withInstallation({ create: false }, ({ store }) => createKey(store, account, name));
      if (made.kind === "problem") throw new CommandError(made.message);
      if (made.kind === "unknown") throw noAccount(account);
      if (made.kind === "archived_account") throw archivedAccount(account);
      const { accessKey, secretKey } = made;
      const kept = "The secret key is stored only as a hash: keep it now, it is not shown again.";
      print(options, { accessKey, secretKey }, `x-access-key: ${accessKey}\nx-secret-key: ${secretKey}\n\n${kept}`);
    });
  key
    .command("list")
    .description("show access keys and when each was last used, to the minute; never their secrets")
    .option("--account <account>", "only this account's")
    .option("--all", "those of archived accounts too")
    .option("--json", "print one JSON object")
    .action(async (options: OutputOptions & Wanted) => {
      const all = await withInstallation({ create: false }, ({ store }) => keysOf(store, options));
      const keys = found(all, options.account).map(shownKey);
      const rows = keys.map(({ accessKey, name, accountId, createdAt, lastUsedAt, revokedAt }) => [
        accessKey,
        name ?? "-",
        accountId,
        createdAt,
        lastUsedAt ?? "-",
        revokedAt ?? "-",
      ]);
      const empty = 'No access key yet: make one with "antryk key create --account A".';
      print(
        options,
        { keys },
        table(["ACCESS KEY", "NAME", "ACCOUNT", "CREATED", "LAST USED", "REVOKED"], rows, empty),
      );
    });
  key
    .command("revoke")
    .description("end an access key; running servers refuse it within 2 seconds")
    .argument("<access-key>", "the access key, antryk_ak_…")
    .option("--json", "print one JSON object")
    .action(async (accessKey: string, options: OutputOptions) => {
      const { kind } = await withInstallation({ create: false }, ({ store }) => revokeKey(store, accessKey));
      if (kind === "unknown") throw new CommandError(`there is no such access key: "antryk key list" shows them`);
      print(options, { accessKey, revoked: true }, `${accessKey} is revoked.`);
    });
  return key;
}
