/** Data between the engines, there and back, cut off and gone on with; what a move refuses. */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, test } from "node:test";
import { run, startPostgres, type TestDatabase } from "@antryk/testkit/postgres";
import { Caller, keyFor, macOf } from "@antryk/testkit/store/harness";
import { fillStore, newService } from "@antryk/testkit/store/moving";
import { StoreMissing, StoreUnavailable } from "../../model/errors.ts";
import type { Service } from "../../model/service.ts";
import { ManualClock } from "../clock.ts";
import type { DatabaseConfig } from "../open.ts";
import type { Store } from "../port.ts";
import { postgresDefaults } from "../postgres/open.ts";
import { parseTarget } from "../postgres/target.ts";
import { hash48 } from "../rules/kinds.ts";
import { openSqliteStore } from "../sqlite/open.ts";
import { type MoveOptions, MoveRefused, move as moveAll } from "./move.ts";
import { columns, type Table, tables } from "./rows.ts";

const server = await startPostgres();
const folder = mkdtempSync(join(tmpdir(), "antryk-move-"));
after(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

/** As keyFor has it. */
const placeOf = () => (accountId: string, channel: string, recipient: string) =>
  hash48(`${accountId} ${channel} ${recipient}`);
const quiet = () => undefined;
const move = (options: Omit<MoveOptions, "numberHash">) => moveAll({ numberHash: () => macOf, ...options });

let files = 0;
function newFile(): DatabaseConfig & { engine: "sqlite" } {
  files += 1;
  return { engine: "sqlite", path: join(folder, `${files}.db`) };
}

function configOf({ url }: TestDatabase): DatabaseConfig & { engine: "postgres" } {
  return { engine: "postgres", ...postgresDefaults, target: { ...parseTarget(url), statementTimeoutMs: 60_000 } };
}

/** All that a file holds, and the generation of its configuration. */
function contentOf({ path }: { path: string }): Record<Table | "installation", string[]> {
  const db = new DatabaseSync(path, { readOnly: true });
  const read = (table: string, names: readonly string[]) =>
    db
      .prepare(`SELECT ${names} FROM ${table}`)
      .all()
      .map((row) =>
        JSON.stringify(row, (_, value) => (value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value)),
      )
      .sort();
  const content = Object.fromEntries(tables.map((table) => [table, read(table, columns[table])]));
  content.installation = read("installation", ["id", "canary", "generation", "move"]);
  db.close();
  return content as Record<Table | "installation", string[]>;
}

test("every table and column of the schema is moved, but for what is of one store alone", () => {
  const { path } = newFile();
  openSqliteStore({ path }).close();
  const db = new DatabaseSync(path, { readOnly: true });
  const own = new Set(["installation", "node", "schema_change"]);
  const names = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'").all();
  const moved = names.map(({ name }) => String(name)).filter((name) => !own.has(name));
  assert.deepEqual(moved.sort(), [...tables].sort());
  for (const table of tables) {
    const there = db.prepare("SELECT name FROM pragma_table_info(?) WHERE name <> 'row_id'").all(table);
    assert.deepEqual(there.map(({ name }) => name).sort(), [...columns[table]].sort(), table);
  }
  db.close();
});

test("there and back, cut off again and again: everything is as it was", async () => {
  const clock = new ManualClock();
  const [from, back] = [newFile(), newFile()];
  await fillStore(from, clock);
  await using database = await server.emptyDatabase();
  const content = contentOf(from);
  for (const table of tables) assert.ok(content[table].length > 0, `${table} is empty`);

  for (const [source, target] of [
    [from, configOf(database)],
    [configOf(database), back],
  ] as const) {
    let cuts = 0;
    const cutOff = () => {
      let seen = 0;
      return () => {
        if (seen > cuts) throw new Error("cut off");
        seen += 1;
      };
    };
    let report: Awaited<ReturnType<typeof move>> | undefined;
    while (!report) {
      report = await move({ from: source, to: target, placeOf, onProgress: cutOff() }).catch((fault: Error) => {
        assert.equal(fault.message, "cut off");
        cuts += 1;
        return undefined;
      });
      if (!report && cuts === 2) await assert.rejects(open(target), /was not finished: run "antryk move" again/);
    }
    assert.ok(cuts >= tables.length && report.resumed, `${cuts} cuts`);
    assert.equal(report.tables.history, content.history.length);
    await (await open(target)).close();
  }
  assert.deepEqual(contentOf(back), content);
  const other = await run(database.url, "SELECT count(*)::int AS n FROM antryk.history_other");
  assert.deepEqual(other, [{ n: 0 }], "every day has its partition");

  const store = openSqliteStore({ path: back.path, clock });
  await store.queue.enqueue([{ topic: "test", subject: "c", due: clock.now(), body: "" }]);
  const claimed = await store.queue.claimDue(["test"], 10, 1);
  assert.deepEqual(
    claimed.map(({ id, subject }) => [id, subject]),
    [
      [2, "b"],
      [3, "a"],
      [4, "c"],
    ],
  );
  await store.close();
});

async function open(database: DatabaseConfig, clock?: ManualClock): Promise<Store> {
  const { openStore } = await import("../open.ts");
  if (database.engine === "sqlite") return openSqliteStore({ path: database.path, ...(clock ? { clock } : {}) });
  if (!clock) return openStore(database, { create: false });
  const { openPostgresStore } = await import("../postgres/open.ts");
  return openPostgresStore({ ...database, clock, callPatienceMs: 120_000 });
}

for (const toPostgres of [true, false]) {
  test(`limits admit as many as before, after a move to ${toPostgres ? "PostgreSQL" : "SQLite"}`, async () => {
    const clock = new ManualClock();
    await using database = await server.database(clock);
    const [from, to] = toPostgres ? [newFile(), configOf(database)] : [configOf(database), newFile()];
    const [large, small] = [
      { count: 1_210, windowMs: 3_600_000 },
      { count: 90, windowMs: 3_600_000 },
    ];
    let numbers = 10_000_000;
    const admitted = async (store: Store, service: Service, tries: number) => {
      const [limit = large] = service.serviceLimits;
      const limits = { recipient: [], shared: [{ scope: "service" as const, subject: service.id, limit }] };
      const outcomes = await Promise.all(
        Array.from({ length: tries }, () => {
          numbers += 1;
          return new Caller(store, keyFor(service.accountId, service.id, `+9198${numbers}`)).reserve("1", { limits });
        }),
      );
      return outcomes.filter(({ kind }) => kind === "reserved").length;
    };
    const before = await open(from, clock);
    const services = [
      await newService(before, { serviceLimits: [large] }),
      await newService(before, { serviceLimits: [small] }),
    ];
    for (const [n, times] of [33, 7, 20, 19].entries()) {
      if (n > 0) clock.advance(200_000);
      for (const service of services) assert.equal(await admitted(before, service, times), times);
    }
    await before.close();
    await move({ from, to, placeOf, onProgress: quiet });
    const moved = await open(to, clock);
    const [ofLarge, ofSmall] = services;
    assert.ok(ofLarge && ofSmall);
    assert.equal(await admitted(moved, ofLarge, 1_300), large.count - 79);
    assert.equal(await admitted(moved, ofSmall, 40), small.count - 79);
    // The first span, of 33, counts no more.
    clock.advance(large.windowMs + large.windowMs / 20 - 600_000);
    assert.equal(await admitted(moved, ofLarge, 60), 33);
    assert.equal(await admitted(moved, ofSmall, 60), 33);
    await moved.close();
  });
}

test("a store that a server has open is not moved, nor moved into", async () => {
  await using database = await server.database();
  const [file, other] = [newFile(), newFile()];
  const [onFile, onDatabase] = [openSqliteStore(file), await database.open()];
  const inUse = (fault: Error) => fault instanceof StoreUnavailable && fault.message.includes("is in use");
  await assert.rejects(move({ from: file, to: configOf(database), placeOf, onProgress: quiet }), inUse);
  await assert.rejects(move({ from: configOf(database), to: other, placeOf, onProgress: quiet }), inUse);
  await onDatabase.close();
  await assert.rejects(move({ from: configOf(database), to: file, placeOf, onProgress: quiet }), inUse);
  await onFile.close();
});

test("what holds data already is not moved into, and a source that was written since is not gone on with", async () => {
  const clock = new ManualClock();
  const from = newFile();
  await fillStore(from, clock);
  await using database = await server.emptyDatabase();
  await move({ from, to: configOf(database), placeOf, onProgress: quiet });
  const refused = (text: string) => (fault: Error) => fault instanceof MoveRefused && fault.message.includes(text);
  await assert.rejects(
    move({ from, to: configOf(database), placeOf, onProgress: quiet }),
    refused("holds data already"),
  );
  await assert.rejects(move({ from, to: newFile(), placeOf, onProgress: quiet }), refused("one engine to the other"));

  const back = newFile();
  const cutOff = (table: string) => {
    if (table === "message") throw new Error("cut off");
  };
  await assert.rejects(move({ from: configOf(database), to: back, placeOf, onProgress: cutOff }), /cut off/);
  await assert.rejects(move({ from: back, to: configOf(database), placeOf, onProgress: quiet }), /was not finished/);
  const store = await open(configOf(database), clock);
  await new Caller(store).send("1");
  await store.close();
  await assert.rejects(
    move({ from: configOf(database), to: back, placeOf, onProgress: quiet }),
    refused("was written since"),
  );
  const wrong = () => () => 1;
  await assert.rejects(
    move({ from: configOf(database), to: newFile(), placeOf: wrong, onProgress: quiet }),
    refused("keyring"),
  );
});

test("a slip in the source's place makes no empty store", async () => {
  await using database = await server.emptyDatabase();
  const [missing, to] = [newFile(), newFile()];
  await assert.rejects(move({ from: missing, to: configOf(database), placeOf, onProgress: quiet }), StoreMissing);
  await assert.rejects(move({ from: configOf(database), to, placeOf, onProgress: quiet }), StoreMissing);
  assert.deepEqual([existsSync(missing.path), existsSync(to.path)], [false, false]);
  assert.deepEqual(await run(database.url, "SELECT to_regnamespace('antryk') AS schema"), [{ schema: null }]);
});
