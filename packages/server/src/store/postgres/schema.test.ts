/** The schema is upgraded beside servers that run: they go on, or end before what they must not meet is there. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, test } from "node:test";
import { run, startPostgres } from "@antryk/testkit/postgres";
import { add, numberRef } from "@antryk/testkit/store/calls";
import { until } from "@antryk/testkit/until";
import pg from "pg";
import { SchemaChanged, SchemaTooNew, SchemaTooOld } from "../../model/errors.ts";
import { newestOf, type SchemaChange, writerOf } from "../schema.ts";
import { Connections } from "./connections.ts";
import { postgresSchema, schemaState, upgradeSchema } from "./schema.ts";
import { parseTarget } from "./target.ts";

const server = await startPostgres();
after(() => server[Symbol.asyncDispose]());

const newest = newestOf(postgresSchema);

function next(sql: string, minWriter = 0): SchemaChange[] {
  const change = { number: newest + 1, name: "9999_next.sql", sql, checksum: "next", minWriter };
  return [...postgresSchema, change];
}

async function connected<T>(url: string, work: (connections: Connections) => Promise<T>): Promise<T> {
  const connections = new Connections({ ...parseTarget(url), connectTimeoutMs: 60_000, statementTimeoutMs: 60_000 }, 2);
  try {
    return await work(connections);
  } finally {
    await connections.close();
  }
}

test("a start sets up an empty database, and upgrades no other: that is one line that says what to do", async () => {
  await using database = await server.emptyDatabase();
  await connected(database.url, (connections) => upgradeSchema(connections, postgresSchema.slice(0, 1)));
  await assert.rejects(database.open(), (fault: Error) => {
    assert.ok(fault instanceof SchemaTooOld);
    assert.match(fault.message, /schema is number 1, this antryk needs \d+: run "antryk schema upgrade"/);
    return true;
  });
  const store = await database.open({ upgrade: true });
  await store.close();
  const [row] = await run(database.url, "SELECT schema, min_writer FROM antryk.installation");
  assert.deepEqual(row, { schema: newest, min_writer: writerOf(postgresSchema) });
});

test("many starts on an empty database at once: one sets it up, all run", async () => {
  await using database = await server.emptyDatabase();
  const stores = await Promise.all(Array.from({ length: 6 }, () => database.open()));
  const ids = await Promise.all(stores.map(async (store) => (await store.identity()).id));
  assert.equal(new Set(ids).size, 1);
  for (const store of stores) await store.close();
});

test("a change that only adds: the older program runs on, and starts again", async () => {
  await using database = await server.database();
  const running = await database.openEngine();
  const ref = numberRef(randomUUID());
  await running.run(add(1, ref));
  await connected(database.url, (connections) =>
    upgradeSchema(connections, next("ALTER TABLE antryk.item ADD COLUMN later text")),
  );
  await running.run(add(1, ref));
  assert.equal((await running.installation.identity()).isBeyond, false);
  const again = await database.openEngine();
  await again.run(add(1, ref));
  for (const engine of [running, again]) await engine.close();
  const state = await connected(database.url, (connections) => schemaState(connections));
  assert.deepEqual(state, { number: newest + 1, due: [], hasFunctions: true });
});

test("a change that older programs must not meet waits until the last of their servers is gone", async () => {
  await using database = await server.database();
  const store = await database.open();
  const node = { id: randomUUID(), host: "one.test", pid: 4711, version: "0.1.0", schema: newest, keys: [] };
  await store.seeNode(node);
  const changes = next("ALTER TABLE antryk.item RENAME COLUMN state TO text", newest + 1);
  const upgraded = connected(database.url, (connections) => upgradeSchema(connections, changes));
  await until(async () => (await store.identity()).isBeyond, { what: "the server sees what comes" });
  await assert.rejects(database.open(), SchemaTooNew);
  const columns = () =>
    run(database.url, "SELECT FROM information_schema.columns WHERE table_name = 'item' AND column_name = 'text'");
  assert.equal((await columns()).length, 0, "not while the server runs");
  await store.forgetNode(node.id);
  assert.deepEqual(await upgraded, ["9999_next.sql"]);
  assert.equal((await columns()).length, 1);
  await store.close();
});

test("a change waits behind a long reader, and nobody waits behind the change", async () => {
  await using database = await server.database();
  const running = await database.openEngine();
  const reader = new pg.Client({ connectionString: database.url });
  await reader.connect();
  await reader.query("BEGIN; SELECT count(*) FROM antryk.item");
  let done = false;
  const upgraded = connected(database.url, (connections) =>
    upgradeSchema(connections, next("ALTER TABLE antryk.item ADD COLUMN later text")),
  ).finally(() => {
    done = true;
  });
  const waits = async () =>
    (await run(database.url, "SELECT FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'")).length > 0;
  // Twice: it has given up in between.
  for (let round = 0; round < 2; round += 1) {
    await until(waits, { what: "the change waits", everyMs: 20 });
    await running.run(add(1, numberRef(randomUUID())));
    await until(async () => !(await waits()), { what: "the change gives way", everyMs: 20 });
  }
  assert.equal(done, false);
  await reader.query("COMMIT");
  assert.deepEqual(await upgraded, ["9999_next.sql"]);
  await reader.end();
  await running.close();
});

test("a change outside a transaction is made statement by statement, and again after it was cut off", async () => {
  await using database = await server.database();
  const sql = `-- outside a transaction
-- First what a try before has left.
DROP INDEX CONCURRENTLY IF EXISTS antryk.item_state;
CREATE INDEX CONCURRENTLY item_state ON antryk.item (state);
`;
  await connected(database.url, (connections) => upgradeSchema(connections, next(sql)));
  const valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'antryk.item_state'::regclass";
  assert.deepEqual(await run(database.url, valid), [{ indisvalid: true }]);
  await run(database.url, `DELETE FROM antryk.schema_change WHERE number = ${newest + 1}`);
  await connected(database.url, (connections) => upgradeSchema(connections, next(sql)));
  assert.deepEqual(await run(database.url, valid), [{ indisvalid: true }]);
});

test("a file that was changed after it was applied is named", async () => {
  await using database = await server.database();
  await run(database.url, "UPDATE antryk.schema_change SET checksum = 'other' WHERE number = 1");
  await assert.rejects(database.open(), (fault: Error) => {
    assert.ok(fault instanceof SchemaChanged);
    assert.match(fault.message, /another 0001_tables\.sql/);
    return true;
  });
});

test("functions of another version: a start changes none", async () => {
  await using database = await server.database();
  await run(database.url, "COMMENT ON SCHEMA antryk IS 'functions of another version'");
  await assert.rejects(database.open(), SchemaTooOld);
  const store = await database.open({ upgrade: true });
  await store.close();
});
