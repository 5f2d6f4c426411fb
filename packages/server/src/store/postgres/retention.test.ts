/** Keeping and forgetting beside others who hold the same tables and rows. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { run, startPostgres } from "@antryk/testkit/postgres";
import { Caller, keyFor, macOf, ttlMs } from "@antryk/testkit/store/harness";
import { serviceOf } from "@antryk/testkit/store/keeping";
import pg from "pg";
import { ManualClock } from "../clock.ts";
import { openPostgresStore } from "./open.ts";
import { parseTarget } from "./target.ts";

const server = await startPostgres();
after(() => server[Symbol.asyncDispose]());

const hour = 3_600_000;
const day = 24 * hour;
const keeping = { identifiedMs: 2 * day, reducedMs: 0, reduce: () => ({ hash: macOf(""), masked: "" }) };

async function transactionOn(url: string, statement: string): Promise<AsyncDisposable> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query("BEGIN");
  await client.query(statement);
  return { [Symbol.asyncDispose]: () => client.end() };
}

test("a day of history that a backup holds when it is over is dropped an hour later, not a day", async () => {
  const clock = new ManualClock(Date.UTC(2026, 0, 1, 12));
  await using database = await server.database(clock);
  const store = await database.open({ clock });
  await new Caller(store).send("1");
  clock.advance(ttlMs + day + hour);
  await store.sweep(100, keeping);
  assert.equal((await store.sizes()).history, 1);
  clock.advance(day + 12 * hour);
  {
    await using _backup = await transactionOn(database.url, "LOCK TABLE antryk.history_20260101 IN ACCESS SHARE MODE");
    await store.sweep(100, keeping);
    assert.equal((await store.sizes()).history, 1);
  }
  clock.advance(hour);
  await store.sweep(100, keeping);
  assert.deepEqual(await run(database.url, "SELECT to_regclass('antryk.history_20260101') AS day"), [{ day: null }]);
  await store.close();
});

test("a number whose row is in use for longer than a lock is waited for is forgotten all the same", async () => {
  await using database = await server.database();
  const patient = await database.open();
  const service = serviceOf((await accountOn(patient)).id, patient.now());
  await patient.createService(service);
  const caller = new Caller(patient, keyFor(service.accountId, service.id, "+919876543210"));
  await caller.send("1");
  // Locks are waited for as long as a statement may run.
  const store = await openPostgresStore({ target: { ...parseTarget(database.url), statementTimeoutMs: 200 } });
  let erasing: ReturnType<typeof store.erase>;
  {
    await using _user = await transactionOn(database.url, "SELECT 1 FROM antryk.item FOR UPDATE");
    erasing = store.erase({ ...caller.key, places: [caller.key], reducedHash: macOf("hash") });
    erasing.catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 700));
  }
  assert.equal((await erasing).recipients, 1);
  await Promise.all([store.close(), patient.close()]);
});

async function accountOn(store: Awaited<ReturnType<typeof openPostgresStore>>): Promise<{ id: string }> {
  const account = { id: crypto.randomUUID(), name: "One", limits: [], createdAt: store.now() };
  await store.createAccount(account);
  return account;
}
