import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, test } from "node:test";
import { run, startPostgres } from "@antryk/testkit/postgres";
import { SchemaTooNew, StoreMissing } from "../../model/errors.ts";
import { postgresMigrations } from "./store.ts";

const server = await startPostgres();
after(() => server[Symbol.asyncDispose]());

test("ten starts at once on an empty database migrate it once, and all of them open", async () => {
  await using database = await server.emptyDatabase();
  const stores = await Promise.all(Array.from({ length: 10 }, () => database.open()));
  await Promise.all(stores.map((store) => store.ping()));
  const rows = await run(database.url, "SELECT number FROM migration ORDER BY number");
  assert.deepEqual(
    rows.map(({ number }) => number),
    postgresMigrations.map(({ number }) => number),
  );
  await Promise.all(stores.map((store) => store.close()));
});

test("an older program refuses a newer schema, and leaves it alone", async () => {
  await using database = await server.emptyDatabase();
  await (await database.open()).close();
  await run(database.url, "INSERT INTO migration (number, name) VALUES (9999, '9999_later.sql')");
  await assert.rejects(database.open(), SchemaTooNew);
});

test("a migration that fails leaves nothing behind", async () => {
  await using database = await server.emptyDatabase();
  await run(database.url, "CREATE TABLE limit_bucket (stands_in_the_way integer)");
  await assert.rejects(database.open());
  assert.deepEqual(await run(database.url, "SELECT to_regclass('account') AS account, to_regclass('migration') AS migration"), [
    { account: null, migration: null },
  ]);
});

test("where no store is to be made, a database without one is told and left alone", async () => {
  await using database = await server.emptyDatabase();
  await assert.rejects(database.open({ create: false }), StoreMissing);
  assert.deepEqual(await run(database.url, "SELECT to_regclass('migration') AS migration"), [{ migration: null }]);
  await (await database.open()).close();
  await (await database.open({ create: false })).close();
});

test("every table that holds an account's rows is keyed by the account first, so that it can be sharded by it", async () => {
  await using database = await server.emptyDatabase();
  await (await database.open()).close();
  const keys = await run(
    database.url,
    `SELECT c.relname AS name, (SELECT attname FROM pg_attribute WHERE attrelid = c.oid AND attnum = i.indkey[0]) AS first
       FROM pg_class c JOIN pg_index i ON i.indrelid = c.oid AND i.indisunique
       WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
         AND EXISTS (SELECT FROM pg_attribute WHERE attrelid = c.oid AND attname = 'account_id' AND atttypid = 'uuid'::regtype)
       ORDER BY 1`,
  );
  assert.deepEqual(
    keys,
    ["gateway_message", "idempotency_key", "limit_bucket", "recipient", "verification_history", "verification_history_reduced"].map(
      (name) => ({ name, first: "account_id" }),
    ),
  );
  const told = readFileSync(new URL("../../../../../docs/scaling.md", import.meta.url), "utf8");
  for (const { name } of keys) {
    assert.match(told, new RegExp(`^\\| \`${name}\` `, "m"), `docs/scaling.md tells how ${name} lies`);
    assert.ok(told.includes(`create_distributed_table('${name}'`), `docs/scaling.md distributes ${name}`);
  }
});
