/** Somebody holds a row for long: the calls that need it wait, and nobody else does. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, test } from "node:test";
import { startPostgres } from "@antryk/testkit/postgres";
import { startService } from "@antryk/testkit/service";
import { add, charge, limitOf, numberRef } from "@antryk/testkit/store/calls";
import { until } from "@antryk/testkit/until";
import pg from "pg";
import { StoreUnavailable } from "../../model/errors.ts";

const server = await startPostgres();
after(() => server[Symbol.asyncDispose]());

/** A session that holds what the statement takes, until `work` is over. */
async function holding(url: string, statement: string, work: () => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`BEGIN; ${statement}`);
    await work();
  } finally {
    await client.end();
  }
}

const fresh = () => numberRef(randomUUID());

test("a row that is held: only the calls that need it wait, and they are carried out once it is free", async () => {
  await using database = await server.database();
  const engine = await database.openEngine();
  const [held, other] = [fresh(), fresh()];
  await Promise.all([held, other].map((ref) => engine.run(add(1, ref))));
  let waiting: Promise<number>[] = [];
  await holding(
    database.url,
    `SELECT FROM antryk.item WHERE key = '\\x${held.key.toString("hex")}' FOR UPDATE`,
    async () => {
      // In the same trips as the others.
      for (let round = 0; round < 5; round += 1) {
        waiting = [...waiting, engine.run(add(1, held))];
        await Promise.all(Array.from({ length: 60 }, () => engine.run(add(1, fresh()))));
        await engine.run(add(1, other));
      }
    },
  );
  assert.deepEqual((await Promise.all(waiting)).sort(), [2, 3, 4, 5, 6]);
  assert.equal(await engine.run(add(1, other)), 7);
  await engine.close();
});

test("a row that another session is making, which nobody can see: the same", async () => {
  await using database = await server.database();
  const engine = await database.openEngine();
  const made = numberRef(randomUUID(), true);
  let waiting: Promise<number> | undefined;
  const { bucket, key } = made;
  const insert = `INSERT INTO antryk.item (bucket, key, version, at, state) VALUES (${bucket}, '\\x${key.toString("hex")}', 1, 0, '0')`;
  await holding(database.url, insert, async () => {
    waiting = engine.run(add(1, made));
    await Promise.all(Array.from({ length: 60 }, () => engine.run(add(1, fresh()))));
  });
  assert.equal(await waiting, 1, "the other session has given up");
  await engine.close();
});

test("a counter that is held: calls that count in it wait, the others do not", async () => {
  await using database = await server.database();
  const engine = await database.openEngine();
  const limit = limitOf(5, 60_000);
  const now = engine.now();
  await engine.run(charge(limit, now, fresh()));
  let waiting: Promise<boolean> | undefined;
  await holding(database.url, "SELECT FROM antryk.counter FOR UPDATE", async () => {
    waiting = engine.run(charge(limit, now, fresh()));
    await Promise.all(Array.from({ length: 60 }, () => engine.run(add(1, fresh()))));
  });
  assert.equal(await waiting, true);
  await engine.close();
});

test("a row that is held for longer than a call's patience: StoreUnavailable, and then it goes on", async () => {
  await using database = await server.database();
  const [engine, impatient] = [await database.openEngine(), await database.openEngine({ callPatienceMs: 300 })];
  const held = fresh();
  await engine.run(add(1, held));
  await holding(
    database.url,
    `SELECT FROM antryk.item WHERE key = '\\x${held.key.toString("hex")}' FOR UPDATE`,
    async () => {
      await assert.rejects(impatient.run(add(1, held)), StoreUnavailable);
      await engine.run(add(1, fresh()));
    },
  );
  assert.equal(await engine.run(add(1, held)), 2);
  await Promise.all([engine.close(), impatient.close()]);
});

test("a table that is held: /readyz says so while it lasts", async () => {
  await using database = await server.database();
  await using service = await startService({ store: await database.open({ callPatienceMs: 60_000 }) });
  const ready = async () => (await fetch(`${service.baseUrl}/readyz`)).status;
  let sent: Promise<{ status: number }> | undefined;
  await holding(database.url, "LOCK TABLE antryk.item IN ACCESS EXCLUSIVE MODE", async () => {
    sent = service.post("send-otp", { to: "+919876543210" });
    await until(async () => (await ready()) === 503, { what: "the server is not ready" });
  });
  assert.equal((await sent)?.status, 200);
  await until(async () => (await ready()) === 200, { what: "the server is ready again" });
});
