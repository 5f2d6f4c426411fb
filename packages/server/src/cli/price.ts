/** `antryk price …`: what an account's messages cost. */
import { readFileSync } from "node:fs";
import { Command } from "commander";
import { clearPrices, importPrices, pricesOf, shownPrice } from "../administration/prices.ts";
import { CommandError, withInstallation } from "./installation.ts";
import { noAccount } from "./missing.ts";
import { type OutputOptions, print, table } from "./output.ts";

interface PriceOptions extends OutputOptions {
  readonly account: string;
}

export function priceCommands(): Command {
  const price = new Command("price").description("what an account's messages cost, for its budgets");
  price
    .command("import")
    .description(
      "take the prices of a CSV file in place of all that the account has; running servers follow within 2 seconds",
    )
    .argument(
      "<file>",
      "lines country,gateway,price with that header: the price of one segment in the account's currency; * is any country or gateway",
    )
    .requiredOption("--account <account>", "the account's id")
    .option("--json", "print one JSON object")
    .action(async (file: string, { account, ...options }: PriceOptions) => {
      const csv = readCsv(file);
      const done = await withInstallation({ create: false }, ({ store }) => importPrices(store, account, csv));
      if (done.kind === "unknown") throw noAccount(account);
      if (done.kind === "problem") throw new CommandError(`${file}: ${done.message}; nothing was imported`);
      const { length } = done.prices;
      print(options, { account, prices: length }, `Prices that count from now on: ${length}.`);
    });
  price
    .command("list")
    .description("show an account's prices")
    .requiredOption("--account <account>", "the account's id")
    .option("--json", "print one JSON object")
    .action(async ({ account, ...options }: PriceOptions) => {
      const found = await withInstallation({ create: false }, ({ store }) => pricesOf(store, account));
      if (found.kind === "unknown") throw noAccount(account);
      const { currency = null } = found;
      const prices = found.prices.map(shownPrice);
      const rows = prices.map(({ country, gateway, price: each }) => [country, gateway, each]);
      const empty = `None yet: "antryk price import --account ${account} prices.csv" takes some.`;
      print(options, { currency, prices }, table(["COUNTRY", "GATEWAY", `PRICE (${currency ?? "-"})`], rows, empty));
    });
  price
    .command("clear")
    .description("remove all prices of an account")
    .requiredOption("--account <account>", "the account's id")
    .option("--json", "print one JSON object")
    .action(async ({ account, ...options }: PriceOptions) => {
      const { kind } = await withInstallation({ create: false }, ({ store }) => clearPrices(store, account));
      if (kind === "unknown") throw noAccount(account);
      print(options, { account, prices: 0 }, "No price is left.");
    });
  return price;
}

function readCsv(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (fault) {
    throw new CommandError(`can't read ${file}: ${(fault as Error).message}`);
  }
}
