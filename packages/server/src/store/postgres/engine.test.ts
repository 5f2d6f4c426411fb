/** Calls of several processes over the same rows, carried out by PostgreSQL itself. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { createServer, type Socket } from "node:net";
import { after, test } from "node:test";
import { seeded } from "@antryk/testkit/inputs/random";
import { testSeed } from "@antryk/testkit/inputs/seed";
import { run, startPostgres } from "@antryk/testkit/postgres";
import { add, charge, copy, follow, limitOf, look, numberRef, remove, take } from "@antryk/testkit/store/calls";
import { until } from "@antryk/testkit/until";
import pg from "pg";
import { StoreUnavailable } from "../../model/errors.ts";
import { bucketOf } from "../../model/recipient.ts";
import type { Call, RowRef } from "../engine.ts";
import { Connections } from "./connections.ts";
import { PostgresEngine } from "./engine.ts";
import { Job } from "./job.ts";
import { runLocked } from "./locked.ts";
import { parseTarget } from "./target.ts";

let processes = 2_000_000;

/** Above those that the database gives out. */
function nextProcess(): number {
  processes += 1;
  return processes;
}

const server = await startPostgres({
  settings: ["fsync=off", "full_page_writes=off", "max_connections=200", "deadlock_timeout=100ms"],
});
after(() => server[Symbol.asyncDispose]());

const slowMachine = { connectTimeoutMs: 60_000, statementTimeoutMs: 60_000 };

function connectionsTo(url: string): Connections {
  return new Connections({ ...parseTarget(url), ...slowMachine }, 4);
}

async function engineOn(url: string, batchSize = 64): Promise<PostgresEngine> {
  const engine = new PostgresEngine(connectionsTo(url), {
    process: nextProcess(),
    batchSize,
    callPatienceMs: 120_000,
    afterFailover: undefined,
    clock: undefined,
  });
  await engine.start();
  return engine;
}

/** The sum of what the rows hold. */
async function sumIn(url: string): Promise<number> {
  const [row] = await run(url, "SELECT coalesce(sum(state::int), 0)::int AS sum FROM antryk.item");
  return Number(row?.sum);
}

async function deadlocks(url: string): Promise<number> {
  const [row] = await run(url, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()");
  return Number(row?.deadlocks);
}

test("64 callers from four processes on one row: each is carried out once, and none starves", async () => {
  await using database = await server.database();
  const engines = await Promise.all(Array.from({ length: 4 }, () => engineOn(database.url, 16)));
  const ref = numberRef("one", true);
  const sums = await Promise.all(
    Array.from({ length: 64 }, async (_, n) => {
      const mine: number[] = [];
      for (let times = 0; times < 5; times += 1) mine.push((await engines[n % 4]?.run(add(1, ref))) ?? 0);
      return mine;
    }),
  );
  assert.deepEqual(
    sums.flat().sort((one, other) => one - other),
    Array.from({ length: 320 }, (_, n) => n + 1),
  );
  await Promise.all(engines.map((engine) => engine.close()));
});

test("a call before whose every commit another process writes takes the row's lock, and is done", async () => {
  await using database = await server.database();
  const fast = await engineOn(database.url);
  const ref = numberRef("hot", true);
  let raced = 0;
  let lockers = 0;
  using proxy = await startProxy(Number(new URL(database.url).port), async (packet, socket) => {
    if (packet.includes("FOR UPDATE")) {
      lockers += 1;
      socket.hasLocks = true;
    }
    if (!/commit_(batch|rows)/.test(packet.toString("latin1")) || socket.hasLocks) return;
    raced += 1;
    await fast.run(add(1, ref));
  });
  const url = new URL(database.url);
  url.port = String(proxy.port);
  const slow = await engineOn(url.href);
  const results = await Promise.all([
    slow.run(add(100, ref)),
    slow.run(add(100, ref)),
    slow.run(add(1, numberRef("cold", true))),
  ]);
  assert.ok(lockers > 0 && raced >= 8, `${lockers} locked, ${raced} raced`);
  assert.equal(results[2], 1);
  assert.deepEqual(await fast.run(look(ref)), [200 + raced]);
  await Promise.all([slow.close(), fast.close()]);
});

test("the side lane: what became of a lost commit is seen under the lock", async () => {
  await using database = await server.database();
  const engine = await engineOn(database.url);
  const connections = connectionsTo(database.url);
  const ref = numberRef("lost", true);
  await engine.run(add(1, ref));
  const [row] = await run(database.url, "SELECT version FROM antryk.item");
  const version = Number(row?.version);
  const locked = (before: number, afterwards: number) =>
    runLocked(connections, jobOf(add(1, ref), [ref, before, afterwards]), beliefs, times);
  assert.deepEqual(await locked(0, version), { kind: "answered", outcome: "done before" });
  await assert.rejects(locked(1, 2), StoreUnavailable);
  assert.equal(await sumIn(database.url), 1);
  assert.deepEqual(await locked(version, 2), { kind: "answered", outcome: 2 });
  await Promise.all([engine.close(), connections.close()]);
});

test("the side lane: a row that was not there and is made meanwhile sends the call back, and nothing is half done", async () => {
  await using database = await server.database();
  const engine = await engineOn(database.url);
  const connections = connectionsTo(database.url);
  const [there, absent] = [numberRef("there", true), numberRef("not there", true)];
  await engine.run(add(1, there));
  const holder = new pg.Client({ connectionString: database.url });
  await holder.connect();
  await holder.query("BEGIN");
  const insert = "INSERT INTO antryk.item (bucket, key, version, at, state) VALUES ($1, $2, 99, 0, '50')";
  await holder.query(insert, [bucketOf(absent.hash), absent.key]);
  const going = runLocked(connections, jobOf(add(1, there, absent)), beliefs, times);
  const waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
  let isOver = false;
  void going.finally(() => (isOver = true));
  while (!isOver && (await run(database.url, waiting)).length === 0)
    await new Promise((resolve) => setTimeout(resolve, 5));
  await holder.query("COMMIT");
  await holder.end();
  assert.equal((await going).kind, "again");
  assert.equal(await sumIn(database.url), 51);
  assert.equal(await engine.run(add(1, there, absent)), 2);
  assert.equal(await sumIn(database.url), 53);
  await Promise.all([engine.close(), connections.close()]);
});

test("a call that met another version takes back what it had counted", async () => {
  await using database = await server.database();
  const [engine, other] = await Promise.all([engineOn(database.url), engineOn(database.url)]);
  const limit = limitOf(10, 3_600_000);
  const at = engine.now();
  const taken = numberRef("taken", true);
  assert.equal(await engine.run(charge(limit, at, numberRef("first", true))), true);
  await other.run(add(1, taken));
  const charged = await Promise.all([
    engine.run(charge(limit, at, taken)),
    engine.run(charge(limit, at, numberRef("second", true))),
  ]);
  assert.deepEqual(charged, [false, true]);
  assert.deepEqual(await run(database.url, "SELECT n::int FROM antryk.counter"), [{ n: 2 }]);
  await Promise.all([engine.close(), other.close()]);
});

test("a new span of a limit forgets nothing that others have counted in the one before", async () => {
  await using database = await server.database();
  const [engine, other] = await Promise.all([engineOn(database.url), engineOn(database.url)]);
  const limit = limitOf(3, 3_600_000);
  const at = engine.now();
  const next = (n: number) => numberRef(`next ${n}`, true);
  assert.equal(await engine.run(charge(limit, at, next(1))), true);
  assert.equal(await other.run(charge(limit, at, next(2))), true);
  assert.equal(await engine.run(charge(limit, at + 1, next(3))), true);
  assert.deepEqual(await run(database.url, "SELECT n::int, older FROM antryk.counter"), [
    { n: 1, older: `[[${at},2]]` },
  ]);
  assert.equal(await other.run(charge(limit, at + 1, next(4))), false);
  await Promise.all([engine.close(), other.close()]);
});

test("a row that is made and removed in one batch is not there; one that was there all along is removed", async () => {
  await using database = await server.database();
  const [engine, other] = await Promise.all([engineOn(database.url), engineOn(database.url)]);
  const ref = numberRef("short", true);
  assert.deepEqual(await Promise.all([engine.run(add(1, ref)), engine.run(remove(ref))]), [1, true]);
  assert.deepEqual(await run(database.url, "SELECT * FROM antryk.item"), []);
  assert.deepEqual(await engine.run(look(ref)), [undefined]);
  await other.run(add(7, ref));
  assert.deepEqual(await Promise.all([engine.run(add(1, ref)), engine.run(remove(ref))]), [8, true]);
  assert.deepEqual(await other.run(look(ref)), [undefined]);
  await Promise.all([engine.close(), other.close()]);
});

test("rows made, moved and removed by four processes at once: nothing is lost or doubled, and no deadlock", async () => {
  await using database = await server.database();
  const engines = await Promise.all(Array.from({ length: 4 }, (_, n) => engineOn(database.url, n === 0 ? 1 : 32)));
  const refs = Array.from({ length: 6 }, (_, n) => numberRef(`mixed ${n}`, n % 2 === 0));
  let added = 0;
  let taken = 0;
  await Promise.all(
    Array.from({ length: 24 }, async (_, lane) => {
      const random = seeded(testSeed + lane);
      const one = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)] as T;
      const go = <T>(call: Call<T>) => one(engines).run(call);
      for (let n = 0; n < 20; n += 1) {
        const [ref, other] = [one(refs), one(refs)];
        const luck = random();
        if (luck < 0.4) {
          await go(add(1, ref));
          added += 1;
        } else if (luck < 0.6 && ref !== other) {
          await go(add(1, ref, other));
          added += 2;
        } else if (luck < 0.8) {
          const sum = await go(take(ref));
          taken += sum;
        } else if (luck < 0.9 && ref !== other) {
          const more = await go(copied(ref, other));
          added += more;
        } else await go(look(ref, other));
      }
    }),
  );
  assert.equal(await sumIn(database.url), added - taken, `seed ${testSeed}`);
  await Promise.all(engines.map((engine) => engine.close()));
  assert.equal(await deadlocks(database.url), 0);
});

test("no statement is compiled, whatever the database is set to", async () => {
  await using database = await server.database();
  await run(database.url, "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET jit = on', current_database()); END $$");
  const connections = connectionsTo(database.url);
  assert.deepEqual(await connections.query("SHOW jit"), [{ jit: "off" }]);
  await connections.close();
});

test("messages are found by the index, however many are asked for at once and however many there are", async () => {
  await using database = await server.database();
  const engine = await engineOn(database.url);
  const gatewayId = randomUUID();
  await run(
    database.url,
    `INSERT INTO antryk.message (hash, until, verification_id, bucket, item_key, gateway_id, message_id)
     SELECT n, n, gen_random_uuid(), 1, decode('72', 'hex'), 'another', n::text FROM generate_series(1, 20000) AS n`,
  );
  const scans = async () => {
    const sql = `SELECT coalesce(seq_scan, 0)::int AS whole, coalesce(idx_scan, 0)::int AS by_index
      FROM pg_stat_user_tables WHERE relid = 'antryk.message'::regclass`;
    const [row] = await run(database.url, sql);
    return { whole: Number(row?.whole), byIndex: Number(row?.by_index) };
  };
  const before = await scans();
  const counts = [1, 64, 500, 2_000];
  for (const count of counts) {
    const names = Array.from({ length: count }, (_, n) => ({ gatewayId, messageId: String(n) }));
    assert.deepEqual(await engine.findMessages(names), []);
  }
  // A session tells what it has read at its end.
  await engine.close();
  const asked = counts.reduce((sum, count) => sum + count, 0);
  const told = async () => {
    const { whole, byIndex } = await scans();
    return whole > before.whole || byIndex >= before.byIndex + asked;
  };
  await until(told, { what: `${asked} look-ups` });
  assert.equal((await scans()).whole, before.whole, "the table was never read as a whole");
});

/** As `copy` or `follow`; returns how much more there is now. */
function copied(from: RowRef<number>, to: RowRef<number>): Call<number> {
  const whole = from.likelyAbsent ? copy(from, to) : follow(from, to);
  return {
    ...whole,
    decide(view) {
      const decided = whole.decide(view);
      return "needs" in decided ? decided : { ...decided, outcome: view.row(from) ?? 0 };
    },
  };
}

const times = { now: () => Date.now(), given: () => null };
let versions = 2 ** 51;
const beliefs = {
  rows: () => undefined,
  counters: () => undefined,
  firstSlot: 0,
  timeline: { number: null, codesFrom: 0 },
  nextVersion: () => {
    versions += 1;
    return versions;
  },
};

function jobOf(call: Call<unknown>, lost?: readonly [RowRef, number, number]): Job {
  const job = new Job(
    call,
    0,
    Number.POSITIVE_INFINITY,
    () => undefined,
    () => assert.fail(),
  );
  if (lost) {
    const [{ name }, before, afterwards] = lost;
    job.lost.push({ versions: new Map([[name, { before, after: afterwards }]]), outcome: "done before" });
  }
  return job;
}

/** Stands between a client and its server; each packet of the client's waits for `before`. */
async function startProxy(
  to: number,
  before: (packet: Buffer, socket: { hasLocks: boolean }) => Promise<void>,
): Promise<Disposable & { readonly port: number }> {
  const { connect } = await import("node:net");
  const sockets = new Set<Socket>();
  const proxy = createServer((client) => {
    const database = connect(to, "127.0.0.1");
    const marks = { hasLocks: false };
    let last = Promise.resolve();
    for (const socket of [client, database]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
    }
    client.on("data", (packet) => {
      last = last.then(() => before(packet, marks)).then(() => void database.write(packet));
    });
    database.on("data", (packet) => client.write(packet));
    client.on("close", () => database.destroy());
    database.on("close", () => client.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const address = proxy.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    port: address.port,
    [Symbol.dispose]() {
      proxy.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
