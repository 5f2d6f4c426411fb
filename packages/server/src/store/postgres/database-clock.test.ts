/** The store's time while the database's clock is set, or another database takes over. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { run, startPostgres } from "@antryk/testkit/postgres";
import { Caller, ttlMs } from "@antryk/testkit/store/harness";
import { until } from "@antryk/testkit/until";
import { DatabaseClock } from "./database-clock.ts";

const server = await startPostgres();
after(() => server[Symbol.asyncDispose]());

/** The database's clock is off by this from now on. */
async function setClock(url: string, offMs: number): Promise<void> {
  await run(
    url,
    `CREATE OR REPLACE FUNCTION antryk.clock_ms() RETURNS bigint LANGUAGE sql VOLATILE SET search_path = antryk, pg_temp
     AS 'SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint + ${offMs}'`,
  );
}

test("a clock that goes back: the store's time goes on, and meets the clock again when it is set right", () => {
  const clock = new DatabaseClock();
  const now = performance.now();
  clock.learn(1_000_000, now, now + 1);
  clock.learn(1_000_000 - 60_000, now, now + 1);
  assert.ok(Math.abs(clock.lead - 60_000) < 10, `${clock.lead}`);
  assert.ok(clock.now() >= 1_000_000 - 1);
  clock.learn(1_000_000, now, now + 1);
  assert.ok(clock.lead < 10, `${clock.lead}`);
  clock.notBefore(clock.now() + 30_000);
  assert.ok(Math.abs(clock.lead - 30_000) < 100);
  const wrong = new DatabaseClock();
  wrong.learn(1_000_000, now, now + 1);
  wrong.notBefore(1_000_000 + 40 * 24 * 3_600_000);
  assert.equal(wrong.lead, 0, "a clock that was far ahead was wrong");
});

test("a database whose clock is a minute behind after a failover: a code that has expired stays so, for old and new servers", async () => {
  await using database = await server.database();
  const store = await database.open();
  const [before, lives] = [new Caller(store), new Caller(store)];
  await before.send("1");
  await setClock(database.url, ttlMs + 30_000);
  await until(async () => (await before.verify("1")).kind === "expired", { what: "the code has expired" });
  await lives.send("2");
  await store.seeNode({ id: crypto.randomUUID(), host: "one", pid: 1, version: "1", schema: 1, keys: [] });

  await setClock(database.url, ttlMs - 30_000);
  assert.equal((await before.verify("1")).kind, "expired");
  const another = await database.open();
  assert.equal((await new Caller(another, before.key).verify("1")).kind, "expired");
  const verdict = await new Caller(another, lives.key).verify("2");
  assert.ok(verdict.kind === "compared" && verdict.valid, "what lives is not ended by it");
  await new Caller(another).send("3");
  await Promise.all([store.close(), another.close()]);
});
