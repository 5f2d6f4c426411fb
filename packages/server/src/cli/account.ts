/** `antryk account …` */
import { defaults, type WindowLimit } from "@antryk/contract";
import { Command } from "commander";
import { archiveAccount, createAccount, updateAccount } from "../administration/accounts.ts";
import { accountsOf, type Wanted } from "../administration/overview.ts";
import { limitText } from "../administration/settings/setting.ts";
import { shownAccount } from "../administration/shown.ts";
import { formatLimits } from "../policy/limit-notation.ts";
import { CommandError, withInstallation } from "./installation.ts";
import { noAccount } from "./missing.ts";
import { addMoneyFlags, type MoneyOptions, moneyOf } from "./money.ts";
import { accountLimits } from "./options.ts";
import { type OutputOptions, print, table } from "./output.ts";

const limitHelp = `sends of the whole account: ${limitText} (default ${formatLimits(defaults.accountLimits)})`;
const recipientHelp = `sends of one recipient over all its services: ${limitText} (default ${formatLimits(defaults.accountRecipientLimits)})`;

export function accountCommands(): Command {
  const account = new Command("account").description("accounts: each has its own keys and services");
  const create = account
    .command("create")
    .description("make an account")
    .argument("<name>", "what you call it")
    .option("--limit <limits>", limitHelp, accountLimits)
    .option("--recipient-limit <limits>", recipientHelp, accountLimits);
  addMoneyFlags(create)
    .option("--json", "print one JSON object")
    .action(async (name: string, options: AccountOptions) => {
      const { limit: limits, recipientLimit: recipientLimits } = options;
      const made = await withInstallation({ create: true }, ({ store }) =>
        createAccount(store, { name, limits, recipientLimits, money: moneyOf(options) }),
      );
      if (made.kind === "problem") throw new CommandError(made.message);
      const { id: accountId } = made.account;
      print(options, { accountId }, `Account ${accountId} is made. Next: antryk key create --account ${accountId}`);
    });
  const change = account
    .command("update")
    .description("change an account's limits, money or name; what is not given stays")
    .argument("<account>", "the account's id")
    .option("--name <name>", "what you call it")
    .option("--limit <limits>", limitHelp, accountLimits)
    .option("--recipient-limit <limits>", recipientHelp, accountLimits);
  addMoneyFlags(change)
    .option("--json", "print one JSON object")
    .action((id: string, options: AccountOptions) => update(id, options));
  account
    .command("rename")
    .description("give an account another name")
    .argument("<account>", "the account's id")
    .argument("<name>", "what you call it")
    .option("--json", "print one JSON object")
    .action((id: string, name: string, options: OutputOptions) => update(id, { ...options, name }));
  account
    .command("list")
    .description("show accounts; archived ones only with --all")
    .option("--all", "archived ones too")
    .option("--json", "print one JSON object")
    .action(async (options: OutputOptions & Wanted) => {
      const all = await withInstallation({ create: false }, ({ store }) => accountsOf(store, options));
      const accounts = all.map(shownAccount);
      const rows = accounts.map(({ accountId, name, limit, createdAt, archivedAt }) => [
        accountId,
        name,
        limit,
        createdAt,
        ...(options.all ? [archivedAt ?? "-"] : []),
      ]);
      const empty = 'No account yet: make one with "antryk account create NAME".';
      print(
        options,
        { accounts },
        table(["ACCOUNT", "NAME", "LIMIT", "CREATED", ...(options.all ? ["ARCHIVED"] : [])], rows, empty),
      );
    });
  for (const [verb, isArchived, does, done] of [
    ["archive", true, "hide an account: its keys are refused, and nothing of it is lost", "is archived"],
    ["restore", false, "bring an archived account back as it was", "is back"],
  ] as const) {
    account
      .command(verb)
      .description(does)
      .argument("<account>", "the account's id")
      .option("--json", "print one JSON object")
      .action(async (id: string, options: OutputOptions) => {
        const changed = await withInstallation({ create: false }, ({ store }) => archiveAccount(store, id, isArchived));
        if (changed.kind === "unknown") throw noAccount(id);
        const text = `Account ${id} ${done}; running servers follow within 2 seconds.`;
        print(options, shownAccount(changed.account), text);
      });
  }
  return account;
}

interface AccountOptions extends OutputOptions, MoneyOptions {
  readonly name?: string;
  readonly limit?: WindowLimit[];
  readonly recipientLimit?: WindowLimit[];
}

async function update(id: string, options: AccountOptions): Promise<void> {
  const { name, limit: limits, recipientLimit: recipientLimits } = options;
  const money = moneyOf(options);
  if ([name, limits, recipientLimits, money].every((each) => each === undefined))
    throw new CommandError("name what to change, such as --name, --limit or --budget: --help shows all");
  const outcome = await withInstallation({ create: false }, ({ store }) =>
    updateAccount(store, id, { name, limits, recipientLimits, money }),
  );
  if (outcome.kind === "problem") throw new CommandError(outcome.message);
  if (outcome.kind === "unknown") throw noAccount(id);
  const shown = shownAccount(outcome.account);
  print(
    options,
    shown,
    `Account ${id} is called ${shown.name} and has the limit ${shown.limit}, for one recipient ${shown.recipientLimit}${moneyText(shown)}.`,
  );
}

function moneyText({ currency, budget, countryBudget }: ReturnType<typeof shownAccount>): string {
  if (currency === null) return "";
  return `; it may spend ${[budget, ...countryBudget].join("; ")} (${currency})`;
}
