/** What only an engine with several writers at once can get wrong. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, test } from "node:test";
import { seeded } from "@antryk/testkit/inputs/random";
import { testSeed } from "@antryk/testkit/inputs/seed";
import { run, startPostgres } from "@antryk/testkit/postgres";
import { Caller, keyFor } from "@antryk/testkit/store/harness";
import type { Store } from "../port.ts";
import { decodeRecipient } from "../rules/codec.ts";

const server = await startPostgres({
  settings: ["fsync=off", "full_page_writes=off", "max_connections=200", "deadlock_timeout=100ms"],
});
after(() => server[Symbol.asyncDispose]());

const minute = 60_000;
/** Two clocks of this machine, as a machine that stands still now and then reads them. */
const clocksApartMs = 10 * minute;

function recipients(count: number) {
  const accountId = randomUUID();
  const serviceId = randomUUID();
  return Array.from({ length: count }, (_, n) => keyFor(accountId, serviceId, `+91987650${1_000 + n}`));
}

async function deadlocks(url: string): Promise<number> {
  const [row] = await run(url, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()");
  return Number(row?.deadlocks);
}

test("two processes with the same recipients in opposite order: no deadlock, one send each", async () => {
  await using database = await server.database();
  const [forth, back] = await Promise.all([database.open(), database.open()]);
  for (let round = 0; round < 10; round += 1) {
    const keys = recipients(64);
    const send = (store: Store, each: typeof keys) =>
      Promise.all(
        each.map((key) =>
          new Caller(store, key).reserve("1", { idempotency: new Caller(store, key).claim(key.recipient) }),
        ),
      );
    const [one, other] = await Promise.all([send(forth, keys), send(back, [...keys].reverse())]);
    other.reverse();
    for (let n = 0; n < keys.length; n += 1)
      assert.deepEqual(
        [one[n]?.kind, other[n]?.kind].toSorted(),
        ["in_progress", "reserved"],
        `round ${round}, recipient ${n}`,
      );
    const checks = await Promise.all([
      ...keys.map((key) => new Caller(forth, key).verify("1")),
      ...[...keys].reverse().map((key) => new Caller(back, key).verify("1")),
    ]);
    assert.equal(checks.filter((outcome) => outcome.kind === "compared" && outcome.valid).length, keys.length);
  }
  await Promise.all([forth.close(), back.close()]);
  assert.equal(await deadlocks(database.url), 0);
});

test("a mixed load of every verb from four handles: no deadlock, no fault", async () => {
  await using database = await server.database();
  const stores = await Promise.all(Array.from({ length: 4 }, () => database.open({ connections: 4 })));
  const keys = recipients(40);
  const limits = {
    recipient: [],
    shared: [
      { scope: "account" as const, subject: keys[0]?.accountId ?? "", limit: { count: 100_000, windowMs: minute } },
    ],
  };
  const kinds = new Set<string>();
  await Promise.all(
    Array.from({ length: 64 }, async (_, lane) => {
      const random = seeded(testSeed + lane);
      for (let n = 0; n < 40; n += 1) {
        const caller = new Caller(stores[(lane + n) % 4] as Store, keys[Math.floor(random() * keys.length)]);
        const luck = random();
        if (luck < 0.4) {
          const input = caller.reserveInput("1", { limits });
          const reserved = await caller.store.reserve(input);
          kinds.add(reserved.kind);
          const result = (["accepted", "refused", "unknown"] as const)[Math.floor(random() * 3)] ?? "accepted";
          if (reserved.kind === "reserved") await caller.settle(reserved, input.leaseToken, result);
        } else if (luck < 0.8) kinds.add((await caller.verify(luck < 0.6 ? "1" : "x")).kind);
        else if (luck < 0.9) kinds.add((await caller.cancel()).kind);
        else kinds.add((await caller.store.sweep(10)).more ? "swept" : "sweep");
      }
    }),
  );
  await Promise.all(stores.map((store) => store.close()));
  assert.ok(kinds.has("reserved") && kinds.has("compared"), `seed ${testSeed}: ${[...kinds]}`);
  assert.equal(await deadlocks(database.url), 0);
});

test("a large shared limit, counted in slots by four handles: exactly as many as allowed, then none; a refused one comes back", async () => {
  await using database = await server.database();
  const stores = await Promise.all(Array.from({ length: 4 }, () => database.open({ batchSize: 16 })));
  const accountId = randomUUID();
  const serviceId = randomUUID();
  const count = 1_003;
  const limits = {
    recipient: [],
    shared: [{ scope: "service" as const, subject: serviceId, limit: { count, windowMs: 60 * minute } }],
  };
  let next = 0;
  const caller = () => {
    next += 1;
    return new Caller(stores[next % 4] as Store, keyFor(accountId, serviceId, `+9198760${10_000 + next}`));
  };
  const outcomes = await Promise.all(
    Array.from({ length: 1_300 }, async () => {
      const one = caller();
      const input = one.reserveInput("1", { limits });
      return { one, input, outcome: await one.store.reserve(input) };
    }),
  );
  assert.equal(outcomes.filter(({ outcome }) => outcome.kind === "reserved").length, count);
  assert.equal(outcomes.filter(({ outcome }) => outcome.kind === "rate_limited").length, 1_300 - count);
  const slots = await run(
    database.url,
    "SELECT count(DISTINCT slot)::int AS slots, sum(n)::int AS sends FROM antryk.counter",
  );
  assert.deepEqual(slots, [{ slots: 16, sends: count }]);

  for (const { one, input, outcome } of outcomes.filter(({ outcome }) => outcome.kind === "reserved").slice(0, 3))
    if (outcome.kind === "reserved") await one.settle(outcome, input.leaseToken, "refused");
  const later = await Promise.all(Array.from({ length: 20 }, () => caller().reserve("1", { limits })));
  assert.equal(later.filter(({ kind }) => kind === "reserved").length, 3);
  await Promise.all(stores.map((store) => store.close()));
});

test("a service without shared limits touches no shared row", async () => {
  await using database = await server.database();
  const store = await database.open();
  await Promise.all(recipients(32).map((key) => new Caller(store, key).send("1")));
  assert.equal((await store.sizes()).limitBuckets, 0);
  await store.close();
});

test("one call of a batch that can't be done fails alone", async () => {
  await using database = await server.database();
  const store = await database.open();
  const keys = recipients(8);
  const outcomes = await Promise.allSettled(
    keys.map((key, n) => new Caller(store, key).reserve("1", n === 3 ? { fresh: undefined as never } : {})),
  );
  for (const [n, outcome] of outcomes.entries()) {
    if (n === 3) assert.equal(outcome.status, "rejected");
    else assert.equal(outcome.status === "fulfilled" && outcome.value.kind, "reserved");
  }
  await store.close();
});

test("the database's clock decides, whatever a process thinks", async () => {
  await using database = await server.database();
  const store = await database.open();
  assert.ok(Math.abs(store.now() - Date.now()) < clocksApartMs);
  // An hour passes for the database alone.
  await run(
    database.url,
    "CREATE OR REPLACE FUNCTION antryk.clock_ms() RETURNS bigint LANGUAGE sql VOLATILE AS $$ SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint + 3600000 $$",
  );
  const caller = new Caller(store);
  const reserved = await caller.reserve("1");
  assert.ok(reserved.kind === "reserved");
  assert.ok(Math.abs(reserved.reservedAt - Date.now() - 60 * minute) < clocksApartMs);
  assert.ok(Math.abs(store.now() - Date.now() - 60 * minute) < clocksApartMs);
  await store.close();
});

test("what a send is told of its times is what stands in its row, so that a refused one gives its limits back", async () => {
  await using database = await server.database();
  const store = await database.open();
  const callers = recipients(64).map((key) => new Caller(store, key));
  const sent = await Promise.all(
    callers.map(async (caller) => {
      const input = caller.reserveInput("1");
      return { caller, input, reserved: await store.reserve(input) };
    }),
  );
  const rows = await run(database.url, "SELECT state FROM antryk.item");
  const stored = new Map(
    rows.map(({ state }) => {
      const { verification, sends } = decodeRecipient(String(state));
      return [verification?.verificationId, [sends[0], verification?.expiresAt, verification?.resendAt]];
    }),
  );
  for (const { reserved } of sent) {
    assert.ok(reserved.kind === "reserved");
    assert.deepEqual([reserved.reservedAt, reserved.expiresAt, reserved.resendAt], stored.get(reserved.verificationId));
  }
  await Promise.all(
    sent.map(({ caller, input, reserved }) =>
      reserved.kind === "reserved" ? caller.settle(reserved, input.leaseToken, "refused") : undefined,
    ),
  );
  const after = await run(database.url, "SELECT state FROM antryk.item");
  assert.ok(after.every(({ state }) => decodeRecipient(String(state)).sends.length === 0));
  await store.close();
});
