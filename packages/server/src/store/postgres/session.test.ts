/** Databases as operators have them: other settings, few rights, strangers beside us. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, test } from "node:test";
import { run, startPostgres, type TestDatabase } from "@antryk/testkit/postgres";
import { Installation } from "@antryk/testkit/process";
import { Caller } from "@antryk/testkit/store/harness";
import pg from "pg";
import { ManualClock } from "../clock.ts";
import { openPostgresStore } from "./open.ts";
import { requireSession } from "./session.ts";
import { parseTarget } from "./target.ts";

const server = await startPostgres();
after(() => server[Symbol.asyncDispose]());

const dayMs = 24 * 3_600_000;
let made = 0;

/** A role that may connect, with another name in each test: roles are the whole server's. */
async function newRole(database: TestDatabase): Promise<string> {
  made += 1;
  const name = `role_${process.pid}_${made}`;
  await run(database.url, `CREATE ROLE ${name} LOGIN`);
  return name;
}

function as(role: string, database: TestDatabase): string {
  const url = new URL(database.url);
  url.username = role;
  return url.href;
}

async function forget(database: TestDatabase, ...roles: string[]): Promise<void> {
  for (const role of roles) await run(database.url, `DROP OWNED BY ${role}`);
  for (const role of roles) await run(database.url, `DROP ROLE ${role}`);
}

function elsewhere({ url }: TestDatabase): string {
  const other = new URL(url);
  other.pathname = "/postgres";
  return other.href;
}

const nameOf = ({ url }: TestDatabase) => new URL(url).pathname.slice(1);

/** What a command says that finds the store so. */
async function said(url: string): Promise<string> {
  await using installation = new Installation({ ANTRYK_DATABASE_URL: url });
  const { code, stderr } = await installation.run("init");
  assert.equal(code, 1, stderr);
  assert.match(stderr, /^antryk: .+\n$/, "one line");
  const { stdout } = await installation.run("doctor");
  assert.match(stdout, /FAIL {2}store/);
  assert.ok(!/\n\s+at /.test(stdout + stderr), "no stack");
  return stderr;
}

test("settings of the database or the role that would change what statements mean are not ours", async () => {
  await using database = await server.database();
  // From another database: our own session would have the settings, and a statement may take 1 ms in them.
  for (const setting of [
    "default_transaction_isolation = 'serializable'",
    "search_path = 'nowhere'",
    "plan_cache_mode = 'force_custom_plan'",
    "default_transaction_deferrable = 'on'",
    "DateStyle = 'German'",
    "TimeZone = 'Asia/Kathmandu'",
    "bytea_output = 'escape'",
    "standard_conforming_strings = 'off'",
    "extra_float_digits = -15",
    "statement_timeout = '1ms'",
    "lock_timeout = '1ms'",
    "client_encoding = 'LATIN1'",
  ])
    await run(elsewhere(database), `ALTER DATABASE ${nameOf(database)} SET ${setting}`);
  const store = await database.open();
  const callers = Array.from({ length: 20 }, () => new Caller(store));
  await Promise.all(callers.map((caller) => caller.send("1")));
  const verdicts = await Promise.all(callers.map((caller) => caller.verify("1")));
  assert.ok(verdicts.every((verdict) => verdict.kind === "compared" && verdict.valid));
  await store.ping();
  await store.close();
});

test("a server's role needs no more than rows: sends, days of the history, and the sweep work past the next week", async () => {
  const clock = new ManualClock(Date.UTC(2026, 5, 1));
  await using database = await server.emptyDatabase();
  const [owner, app] = [await newRole(database), await newRole(database)];
  const block = /```sql roles\n([^`]+)```/.exec(
    readFileSync(new URL("../../../../../docs/scaling.md", import.meta.url), "utf8"),
  )?.[1];
  const statements = (block ?? "").replaceAll("antryk_owner", owner).replaceAll("antryk_app", app);
  assert.match(statements, /GRANT USAGE/);
  await run(database.url, statements);
  await run(database.url, `GRANT CREATE ON DATABASE ${nameOf(database)} TO ${owner}`);
  const open = (role: string) => openPostgresStore({ target: parseTarget(as(role, database)), clock });
  await (await open(owner)).close();

  const store = await open(app);
  for (let day = 0; day < 12; day += 1) {
    const caller = new Caller(store);
    await caller.send("1");
    const verdict = await caller.verify("1");
    assert.ok(verdict.kind === "compared" && verdict.valid);
    await store.ping();
    clock.advance(dayMs);
    const keeping = {
      identifiedMs: 3 * dayMs,
      reducedMs: dayMs,
      reduce: () => ({ hash: Buffer.alloc(32), masked: "+91…" }),
    };
    while ((await store.sweep(100, keeping)).more) {}
  }
  const days = "SELECT relname FROM pg_class WHERE relname ~ '^history_\\d{8}$' ORDER BY 1";
  const names = (await run(database.url, days)).map(({ relname }) => String(relname));
  assert.ok(names.includes("history_20260619") && !names.includes("history_20260601"), names.join(" "));
  await store.close();
  for (const statement of [
    "CREATE TABLE antryk.mine ()",
    "ALTER TABLE antryk.item ADD COLUMN mine int",
    "CREATE TABLE public.mine ()",
  ])
    await assert.rejects(run(as(app, database), statement), /permission denied|must be owner/);
  await forget(database, owner, app);
});

test("doctor warns of a schema that everybody may write to, and of commits that a crash forgets", async () => {
  await using database = await server.database();
  await using installation = new Installation({ ANTRYK_DATABASE_URL: database.url });
  await installation.caller();
  await run(database.url, "REVOKE CREATE ON SCHEMA public FROM PUBLIC");
  const warnings = async () =>
    /WARN .*/g.exec(
      (await installation.run("doctor")).stdout
        .replaceAll(/WARN .*fsync.*\n/g, "")
        .replaceAll(/WARN .*full_page.*\n/g, ""),
    )?.[0];
  assert.equal(await warnings(), undefined);
  await run(database.url, "GRANT CREATE ON SCHEMA public TO PUBLIC");
  assert.match((await warnings()) ?? "", /REVOKE CREATE ON SCHEMA public FROM PUBLIC/);
  await run(database.url, "REVOKE CREATE ON SCHEMA public FROM PUBLIC");
  await run(database.url, `ALTER DATABASE ${nameOf(database)} SET synchronous_commit = 'off'`);
  assert.match((await warnings()) ?? "", /synchronous_commit is off/);
});

test("functions and tables that a stranger planted in public are never run", async () => {
  await using database = await server.database();
  const stranger = await newRole(database);
  // As PostgreSQL 14 has it by default.
  await run(database.url, "GRANT CREATE ON SCHEMA public TO PUBLIC");
  const plants = [
    "cardinality(a integer[]) RETURNS integer",
    "cardinality(a bigint[]) RETURNS integer",
    "unnest(a integer[]) RETURNS SETOF integer",
    "unnest(a bigint[]) RETURNS SETOF bigint",
    "unnest(a smallint[]) RETURNS SETOF smallint",
    "unnest(a text[]) RETURNS SETOF text",
    "array_to_string(a integer[], b text) RETURNS text",
    "clock_ms() RETURNS bigint",
    "sum(a integer) RETURNS bigint",
  ];
  const plant = new pg.Client({ connectionString: as(stranger, database) });
  await plant.connect();
  for (const each of plants)
    await plant.query(`CREATE FUNCTION public.${each} LANGUAGE plpgsql AS $$ BEGIN RAISE 'planted'; END $$`);
  for (const table of ["item", "counter", "history", "message", "document", "queue", "installation", "node"])
    await plant.query(`CREATE TABLE public.${table} (planted int)`);
  await plant.query("GRANT ALL ON ALL TABLES IN SCHEMA public TO PUBLIC");
  await plant.end();
  const store = await database.open();
  const caller = new Caller(store);
  await caller.send("1");
  await caller.verify("1");
  await store.sweep(10);
  assert.deepEqual(await store.nodes(), []);
  await store.ping();
  await store.close();
  await forget(database, stranger);
});

test("what is wrong with a database is one line that says what cures it", async () => {
  await using database = await server.emptyDatabase();
  const nobody = await newRole(database);
  assert.match(await said(as(nobody, database)), /permission denied for database .*42501.*docs\/scaling\.md, "Roles"/);

  await using full = await server.database();
  assert.match(await said(as(nobody, full)), /permission denied for schema antryk.*42501/);

  await run(
    database.url,
    `CREATE DATABASE latin_${process.pid} ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0`,
  );
  const latin = new URL(database.url);
  latin.pathname = `/latin_${process.pid}`;
  assert.match(await said(latin.href), /encoding LATIN1, antryk needs UTF8: CREATE DATABASE/);
  await run(database.url, `DROP DATABASE latin_${process.pid}`);

  const missing = new URL(database.url);
  missing.pathname = "/missing";
  assert.match(await said(missing.href), /database "missing" does not exist.*3D000.*CREATE DATABASE/);
  assert.match(await said(as("nobody_at_all", database)), /role "nobody_at_all" does not exist.*28000/);

  await run(full.url, "DROP TABLE antryk.installation");
  assert.match(await said(full.url), /the schema antryk is not as antryk made it/);
  await forget(database, nobody);
});

test("a pooler that refuses settings: a start says which one is wrong, and the statement that cures it", async () => {
  await using database = await server.database();
  await run(database.url, `ALTER DATABASE ${nameOf(database)} SET default_transaction_isolation = 'repeatable read'`);
  const asItIs = { query: (text: string) => run(database.url, text) as never };
  await assert.rejects(requireSession(asItIs), /ALTER ROLE antryk IN DATABASE \S+ SET default_transaction_isolation/);
});
