/** A move into PostgreSQL whose older history comes while servers run: erased, swept, cut off and gone on with. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, test } from "node:test";
import { run, startPostgres, type TestDatabase } from "@antryk/testkit/postgres";
import { Caller, keyFor, macOf } from "@antryk/testkit/store/harness";
import { fillHistory, newService } from "@antryk/testkit/store/moving";
import { until } from "@antryk/testkit/until";
import pg from "pg";
import { uuidFloor, uuidTime } from "../../model/ids.ts";
import type { Service } from "../../model/service.ts";
import { ManualClock } from "../clock.ts";
import type { DatabaseConfig } from "../open.ts";
import type { Store } from "../port.ts";
import type { HistoryKeeping } from "../ports/upkeep.ts";
import { postgresDefaults } from "../postgres/open.ts";
import { parseTarget } from "../postgres/target.ts";
import { hash48 } from "../rules/kinds.ts";
import { openSqliteStore } from "../sqlite/open.ts";
import { leaveHistory, type MoveOptions, move } from "./move.ts";
import { columns } from "./rows.ts";

const server = await startPostgres();
const folder = mkdtempSync(join(tmpdir(), "antryk-behind-"));
after(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

const day = 24 * 3_600_000;
const old = 3_000;
const reduced = 1_500;
let files = 0;

/** A stopped SQLite installation with history of the last twenty days, and reduced history before it; and a database. */
class Installation implements AsyncDisposable {
  readonly clock = new ManualClock();
  readonly path: string;
  readonly database: TestDatabase;
  readonly service: Service;

  constructor(path: string, database: TestDatabase, service: Service, clock: ManualClock) {
    this.path = path;
    this.database = database;
    this.service = service;
    this.clock = clock;
  }

  static async make(): Promise<Installation> {
    files += 1;
    const path = join(folder, `${files}.db`);
    const clock = new ManualClock();
    const store = openSqliteStore({ path, clock });
    const service = await newService(store);
    await new Caller(store, keyFor(service.accountId, service.id, pending)).send("1");
    // The store's newest time is what its servers have written down.
    await store.seeNode({ id: service.id, host: "h", pid: 1, version: "0", schema: 1, keys: [] });
    await store.close();
    fillHistory(path, service, old, clock.now() - 20 * day);
    fillReduced(path, service, clock.now() - 200 * day);
    return new Installation(path, await server.emptyDatabase(), service, clock);
  }

  get target(): DatabaseConfig & { engine: "postgres" } {
    const target = { ...parseTarget(this.database.url), statementTimeoutMs: 60_000 };
    return { engine: "postgres", ...postgresDefaults, target };
  }

  move(more: Partial<MoveOptions> = {}) {
    return move({
      from: { engine: "sqlite", path: this.path },
      to: this.target,
      placeOf: () => assert.fail("a move from SQLite needs no keyring"),
      numberHash: () => macOf,
      onProgress: () => undefined,
      ...more,
    });
  }

  /** Ends the move once so many pages of this part are written. */
  async cutOff(part: string, pages: number): Promise<void> {
    let calls = 0;
    const onProgress = (name: string) => {
      if (name === part) calls += 1;
      if (calls > pages) throw new Error("cut off");
    };
    await assert.rejects(this.move({ onProgress }), /cut off/);
  }

  /** Of all history: id, and whether only a hash is left. */
  async history(): Promise<string[]> {
    const rows = await run(
      this.database.url,
      `SELECT verification_id || ' number' AS row FROM antryk.history
       UNION ALL SELECT verification_id || ' hash' FROM antryk.history_reduced ORDER BY 1`,
    );
    return rows.map(({ row }) => String(row));
  }

  sourceHistory(): string[] {
    const db = new DatabaseSync(this.path, { readOnly: true });
    const rows = db
      .prepare(
        `SELECT verification_id || ' number' AS row FROM history
         UNION ALL SELECT verification_id || ' hash' FROM history_reduced ORDER BY 1`,
      )
      .all();
    db.close();
    return rows.map(({ row }) => String(row));
  }

  forget(store: Store, recipient: string) {
    const { accountId } = this.service;
    const places = [{ accountId, hash: hash48(`${accountId} sms ${recipient}`) }];
    return store.erase({ channel: "sms", recipient, places, reducedHash: macOf(recipient) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.database[Symbol.asyncDispose]();
  }
}

const pending = "+919810000000";
/** The number of the nth old verification; of the reduced ones, the same numbers. */
const numberOf = (n: number) => `+9199${10_000_000 + n}`;

function fillReduced(path: string, { accountId, id }: Service, from: number): void {
  const db = new DatabaseSync(path);
  const insert = db.prepare(
    `INSERT INTO history_reduced (${columns.history_reduced}) VALUES (?, ?, ?, 'sms', ?, '+9199…', 'verified 0 5 1 2 3' || char(31) || '[]')`,
  );
  db.exec("BEGIN");
  for (let n = 0; n < reduced; n += 1) {
    const tail = `7${(n % 4_096).toString(16).padStart(3, "0")}-9000-${n.toString(16).padStart(12, "0")}`;
    insert.run(`${uuidFloor(from + n * 3_600_000)}-${tail}`, accountId, id, macOf(numberOf(n)));
  }
  db.exec("COMMIT");
  db.close();
}

async function isRight(caller: Caller): Promise<boolean> {
  const outcome = await caller.verify("1");
  return outcome.kind === "compared" && outcome.valid;
}

/** As the sweep keeps it: `identifiedMs` with the number. */
function keeping(identifiedMs: number, reducedMs: number): HistoryKeeping {
  return { identifiedMs, reducedMs, reduce: (to) => ({ hash: macOf(to), masked: to.slice(0, 5) }) };
}

test("servers start once older history alone is missing; a move that is cut off brings each row once", async () => {
  await using installation = await Installation.make();
  const { clock, database, service } = installation;
  for (const part of ["item", "recent_history"]) {
    await installation.cutOff(part, 0);
    await assert.rejects(database.open({ clock }), /was not finished: run "antryk move" again/);
  }
  let opened = 0;
  await assert.rejects(
    installation.move({
      onOpen: () => {
        opened += 1;
        throw new Error("cut off");
      },
    }),
    /cut off/,
  );
  const store = await database.open({ clock });
  const behind = async () => (await store.identity()).historyBehind;
  const first = await behind();
  assert.ok(first && first.moved === 0 && first.all > old && first.all < old + reduced, JSON.stringify(first));
  assert.equal((await store.ping()).isMoving, false);

  // What was pending verifies, what receipts may still come for is there, the rest is not yet.
  const caller = new Caller(store, keyFor(service.accountId, service.id, pending));
  assert.ok(await isRight(caller));
  const ids = installation.sourceHistory().map((row) => row.slice(0, 36));
  const isThere = async (id: string) => (await store.findVerification(service.accountId, id)) !== undefined;
  const recent = ids.filter((id) => uuidTime(id) >= clock.now() - 3.2 * day);
  assert.ok(recent.length > 30);
  for (const id of [recent[0], recent.at(-1)]) assert.ok(await isThere(id ?? ""));
  const [oldest = ""] = ids.filter((id) => uuidTime(id) >= clock.now() - 20 * day);
  assert.ok(!(await isThere(oldest)));

  for (const [part, pages] of [
    ["history", 1],
    ["history", 1],
    ["history_reduced", 1],
    ["history_reduced", 1],
  ] as const) {
    const before = await behind();
    await installation.cutOff(part, pages);
    const after = await behind();
    assert.ok(before && after && after.moved > before.moved && after.all === first.all, JSON.stringify(after));
  }
  assert.ok(await isThere(oldest));
  const report = await installation.move();
  assert.deepEqual([report.resumed, report.tables.history, report.tables.history_reduced], [true, old, reduced]);
  assert.equal(opened, 1);
  assert.equal(await behind(), null);
  assert.deepEqual(await installation.history(), installation.sourceHistory());
  const left = "SELECT to_regclass('antryk.move_progress') AS one, to_regclass('antryk.move_erased') AS two";
  assert.deepEqual(await run(database.url, left), [{ one: null, two: null }]);
  await store.close();
});

test("what is erased while history is behind does not come back, whichever of it had been moved", async () => {
  await using installation = await Installation.make();
  const { clock, database, service } = installation;
  await installation.cutOff("history", 1);
  const store = await database.open({ clock });
  // Moved, not moved yet, and pending, which has no history; of the first two a hash is in the reduced history as well.
  const gone = [numberOf(3), numberOf(1_400), pending];
  const erased = [];
  for (const number of gone) erased.push((await installation.forget(store, number)).history);
  assert.deepEqual(erased, [1, 0, 0]);
  // It may come back by itself: what is made of it after the erasure is kept.
  const again = new Caller(store, keyFor(service.accountId, service.id, numberOf(3)));
  await again.send("1");
  await installation.cutOff("history_reduced", 1);
  assert.equal((await installation.forget(store, numberOf(900))).history, 2);
  await installation.move();

  const isKept = (tail: number) => ![3, 1_400, 900].includes(tail);
  const kept = installation.sourceHistory().filter((row) => isKept(Number.parseInt(row.slice(24, 36), 16)));
  assert.equal(kept.length, old + reduced - 6);
  assert.deepEqual(await installation.history(), kept);
  assert.ok(await isRight(again));
  for (const number of [...gone, numberOf(900)]) await installation.forget(store, number);
  assert.deepEqual(await installation.history(), kept, "nothing was left to erase");
  await store.close();
});

test("a number that is erased while its page is being written is erased with it", async () => {
  await using installation = await Installation.make();
  const { clock, database } = installation;
  await installation.cutOff("history", 0);
  const store = await database.open({ clock });
  const holder = new pg.Client(database.url);
  await holder.connect();
  await holder.query("BEGIN; LOCK TABLE antryk.move_progress IN EXCLUSIVE MODE");
  const waiting = (type: string) =>
    until(
      async () => {
        const waits = "SELECT 1 FROM pg_locks l JOIN pg_database d ON d.oid = l.database";
        const where = "WHERE d.datname = current_database() AND NOT l.granted AND l.locktype = $1";
        return ((await holder.query(`${waits} ${where}`, [type])).rowCount ?? 0) > 0;
      },
      { what: `a lock (${type}) is waited for`, everyMs: 5 },
    );
  const moving = installation.move();
  await waiting("relation");
  const erasing = installation.forget(store, numberOf(5));
  await waiting("advisory");
  await holder.query("COMMIT");
  await Promise.all([erasing, moving]);
  await holder.end();
  const ofIt = installation.sourceHistory().filter((row) => Number.parseInt(row.slice(24, 36), 16) === 5);
  assert.equal(ofIt.length, 2);
  const kept = installation.sourceHistory().filter((row) => !ofIt.includes(row));
  assert.deepEqual(await installation.history(), kept);
  await store.close();
});

test("sweeps between the pages reduce and remove what is due, and nothing else", async () => {
  await using installation = await Installation.make();
  const { clock, database } = installation;
  const [identifiedMs, reducedMs] = [10 * day, 170 * day];
  await installation.cutOff("history", 0);
  const swept = await database.open({ clock });
  const sweep = async () => {
    for (let n = 0; n < 12; n += 1) await swept.sweep(500, keeping(identifiedMs, reducedMs));
  };
  await sweep();
  for (const [part, pages] of [
    ["history", 1],
    ["history", 1],
    ["history_reduced", 1],
  ] as const) {
    await installation.cutOff(part, pages);
    await sweep();
  }
  await installation.move();
  await sweep();
  const now = clock.now();
  const expected = installation.sourceHistory().flatMap((row) => {
    const age = now - uuidTime(row.slice(0, 36));
    if (age > identifiedMs + reducedMs) return [];
    return [age > identifiedMs ? row.replace("number", "hash") : row];
  });
  assert.ok(expected.length < old + reduced && expected.length > old);
  assert.deepEqual(await installation.history(), expected);
  await swept.close();
});

test("a source that was written since has lost its rest, which the operator may leave", async () => {
  await using installation = await Installation.make();
  const { clock, database, target } = installation;
  await assert.rejects(leaveHistory(target.target), /no history is behind/);
  await installation.cutOff("item", 0);
  await assert.rejects(leaveHistory(target.target), /no history is behind/);
  await installation.cutOff("history", 1);
  utimesSync(installation.path, 1, 1);
  await assert.rejects(installation.move(), /written since.*servers run on the target.*"antryk move --leave-history"/);
  await leaveHistory(target.target);
  const store = await database.open({ clock });
  assert.equal((await store.identity()).historyBehind, null);
  assert.ok((await installation.history()).length >= 1_000);
  await store.close();
});

test("the role of the servers may note what is erased", async () => {
  await using installation = await Installation.make();
  const { database } = installation;
  await (await database.open({ clock: installation.clock })).close();
  const role = `app_${process.pid}`;
  await run(database.url, `CREATE ROLE ${role}`);
  try {
    await run(database.url, `GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA antryk TO ${role}`);
    await installation.cutOff("item", 0);
    const may = (table: string, right: string) => `has_table_privilege('${role}', 'antryk.${table}', '${right}')`;
    const rights = `${may("move_erased", "INSERT")} AS insert, ${may("move_progress", "SELECT")} AS read`;
    assert.deepEqual(await run(database.url, `SELECT ${rights}`), [{ insert: true, read: true }]);
  } finally {
    await run(database.url, `DROP OWNED BY ${role}`);
    await run(database.url, `DROP ROLE ${role}`);
  }
});
