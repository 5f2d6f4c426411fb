/** `antryk key …` */
import { Command } from "commander";
import { newCredentials } from "../callers/credentials.ts";
import { CommandError, openInstallation } from "./installation.ts";
import { type OutputOptions, print, table } from "./output.ts";

export function keyCommands(): Command {
  const key = new Command("key").description("access keys: how an app says which account it is");
  key
    .command("create")
    .description("make an access key; its secret is shown once")
    .requiredOption("--account <account>", "the account's id")
    .option("--json", "print one JSON object")
    .action(async (options: OutputOptions & { account: string }) => {
      const { store } = await openInstallation({ create: false });
      const { accessKey, secretKey, secretHash } = newCredentials();
      const made = await store.createAccessKey(options.account, accessKey, secretHash);
      await store.close();
      if (!made) throw new CommandError(`there is no account ${options.account}: "antryk account list" shows them`);
      print(
        options,
        { accessKey, secretKey },
        `x-access-key: ${accessKey}\nx-secret-key: ${secretKey}\n\nThe secret key is stored only as a hash: keep it now, it is not shown again.`,
      );
    });
  key
    .command("list")
    .description("show access keys, never their secrets")
    .option("--account <account>", "only this account's")
    .option("--json", "print one JSON object")
    .action(async (options: OutputOptions & { account?: string }) => {
      const { store } = await openInstallation({ create: false });
      const keys = (await store.listAccessKeys(options.account)).map(({ accessKey, accountId, createdAt, revokedAt }) => ({
        accessKey,
        accountId,
        createdAt: new Date(createdAt).toISOString(),
        revokedAt: revokedAt === null ? null : new Date(revokedAt).toISOString(),
      }));
      await store.close();
      const rows = keys.map(({ accessKey, accountId, createdAt, revokedAt }) => [accessKey, accountId, createdAt, revokedAt ?? "-"]);
      print(
        options,
        { keys },
        table(["ACCESS KEY", "ACCOUNT", "CREATED", "REVOKED"], rows, 'No access key yet: make one with "antryk key create --account A".'),
      );
    });
  key
    .command("revoke")
    .description("end an access key; running servers refuse it within 2 seconds")
    .argument("<access-key>", "the access key, antryk_ak_…")
    .option("--json", "print one JSON object")
    .action(async (accessKey: string, options: OutputOptions) => {
      const { store } = await openInstallation({ create: false });
      const found = await store.revokeAccessKey(accessKey);
      await store.close();
      if (!found) throw new CommandError(`there is no such access key: "antryk key list" shows them`);
      print(options, { accessKey, revoked: true }, `${accessKey} is revoked.`);
    });
  return key;
}
