/** Currencies, budgets and prices, as operators set them. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Installation } from "@antryk/testkit/process";

const header = "country,gateway,price\n";

test("prices are imported as a whole, shown and cleared; a bad line is named, and nothing is imported", async () => {
  await using installation = new Installation();
  const accountId = String((await installation.json("account", "create", "Acme")).accountId);
  const account = ["--account", accountId];
  const file = join(installation.folder, "prices.csv");
  const importing = async (csv: string) => {
    writeFileSync(file, header + csv);
    return installation.run("price", "import", file, ...account);
  };
  const prices = async () => (await installation.json("price", "list", ...account)).prices;

  const early = await importing("IN,*,0.02\n");
  assert.deepEqual([early.code, /no currency/.test(early.stderr)], [1, true], early.stderr);
  await installation.json("account", "update", accountId, "--currency", "eur", "--budget", "5/1h,50/1d");
  assert.equal((await importing("IN,sandbox,0.0021\n*,*,0.1\n")).code, 0);
  const both = [
    { country: "IN", gateway: "sandbox", price: "0.0021" },
    { country: "*", gateway: "*", price: "0.10" },
  ];
  assert.deepEqual(await prices(), both);
  for (const [csv, what] of [
    ["IN,*,0.02\nIN,*,1,2\n", "line 3: "],
    ["ZZ,*,0.02\n", 'line 2: no number is of "ZZ"'],
    ["IN,nowhere,0.02\n", "line 2: there is no gateway nowhere"],
    ["", "there is no price in it"],
  ] as const) {
    const bad = await importing(csv);
    assert.deepEqual([bad.code, bad.stderr.includes(what)], [1, true], bad.stderr);
    assert.deepEqual(await prices(), both);
  }

  const other = await installation.run("account", "update", accountId, "--currency", "USD");
  assert.deepEqual([other.code, other.stderr.includes("are in EUR")], [1, true], other.stderr);
  await installation.json("price", "clear", ...account);
  assert.deepEqual(await prices(), []);
  await installation.json("account", "update", accountId, "--budget", "off");
  await installation.json("account", "update", accountId, "--currency", "USD");
});

test("an account's money is shown as it was set, and needs a currency", async () => {
  await using installation = new Installation();
  const bare = await installation.run("account", "create", "Acme", "--budget", "5/1d");
  assert.deepEqual([bare.code, bare.stderr.includes("need the account's currency")], [1, true], bare.stderr);
  const money = ["--currency", "EUR", "--default-price", "0.05", "--budget", "5/1d", "--country-budget", "IN=1/1h"];
  const { accountId } = await installation.json("account", "create", "Acme", ...money, "--country-budget", "*=2/1h");
  const shown = async () => {
    const accounts = (await installation.json("account", "list")).accounts as unknown as Record<string, unknown>[];
    const { currency, defaultPrice, budget, countryBudget } = accounts[0] ?? {};
    return { currency, defaultPrice, budget, countryBudget };
  };
  const countryBudget = ["IN=1.00/1h", "*=2.00/1h"];
  assert.deepEqual(await shown(), { currency: "EUR", defaultPrice: "0.05", budget: "5.00/1d", countryBudget });
  await installation.json("account", "update", String(accountId), "--default-price", "off", "--country-budget", "off");
  assert.deepEqual(await shown(), { currency: "EUR", defaultPrice: null, budget: "5.00/1d", countryBudget: [] });
  for (const flags of [
    ["--currency", "EURO"],
    ["--default-price", "1,5"],
    ["--budget", "5"],
    ["--country-budget", "5/1d"],
  ])
    assert.equal((await installation.run("account", "update", String(accountId), ...flags)).code, 2, flags.join(" "));
});

test("a service's budgets are settings like others", async () => {
  await using installation = new Installation();
  const { serviceId } = await installation.caller("--budget", "5/1h", "--country-budget", "IN=1/1d");
  const shown = async () => {
    const { budget, countryBudget } = await installation.json("service", "show", serviceId);
    return { budget, countryBudget };
  };
  assert.deepEqual(await shown(), { budget: "5.00/1h", countryBudget: ["IN=1.00/1d"] });
  const unknown = await installation.run("service", "update", serviceId, "--country-budget", "ZZ=1/1d");
  assert.deepEqual([unknown.code, unknown.stderr.includes('no number is of "ZZ"')], [1, true], unknown.stderr);
  await installation.json("service", "update", serviceId, "--budget", "off", "--country-budget", "off");
  assert.deepEqual(await shown(), { budget: "off", countryBudget: [] });
});
