/** The sweep over PostgreSQL: as sets, beside the lane, one process at a time, and past what must stay. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { run, startPostgres, type TestDatabase } from "@antryk/testkit/postgres";
import { startService } from "@antryk/testkit/service";
import pg from "pg";
import type { Store } from "../port.ts";

const server = await startPostgres();
after(() => server[Symbol.asyncDispose]());

const days = 24 * 3_600_000;

/** A store whose verifications were sent three days ago; `work` sees the present. */
async function withSent(
  n: number,
  work: (given: { store: Store; database: TestDatabase; numbers: readonly string[] }) => Promise<void>,
): Promise<void> {
  const clock = { at: Date.now(), now: () => clock.at };
  await using database = await server.database(clock);
  const store = await database.open({ clock, callPatienceMs: 500 });
  await using service = await startService({ store });
  const numbers = Array.from({ length: n }, (_, at) => `+9198765${43_200 + at}`);
  for (const to of numbers) {
    clock.at += 1;
    assert.equal((await service.post("send-otp", { to })).status, 200);
  }
  clock.at += 3 * days;
  await work({ store, database, numbers });
}

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

async function sweepAll(store: Store, limit: number): Promise<number> {
  for (let steps = 1; steps < 50; steps += 1) if (!(await store.sweep(limit)).more) return steps;
  throw new Error("the sweep does not come to an end");
}

test("rows are swept as sets: none of them goes through the lane", async () => {
  await withSent(20, async ({ store }) => {
    const { batches } = store.batches();
    assert.equal((await store.sweep(100)).ended, 20);
    assert.equal(store.batches().batches, batches);
    assert.equal((await store.sizes()).history, 20);
  });
});

test("a row that somebody holds stays, and is swept once it is free; the others do not wait for it", async () => {
  await withSent(6, async ({ store, database, numbers }) => {
    const held = `SELECT FROM antryk.item WHERE encode(key, 'escape') LIKE '%${numbers[2]}' FOR UPDATE`;
    await holding(database.url, held, async () => {
      assert.equal((await store.sweep(100)).ended, 5);
      assert.equal((await store.sizes()).recipients, 1);
    });
    assert.equal((await store.sweep(100)).ended, 1);
    assert.equal((await store.sizes()).recipients, 0);
  });
});

test("while another process sweeps there is nothing to do, and it is known how far the store is behind", async () => {
  await withSent(3, async ({ store, database }) => {
    await holding(
      database.url,
      "SELECT pg_advisory_xact_lock(hashtextextended('antryk sweep ' || w, 0)) FROM unnest(ARRAY['item', 'message', 'counter']) w",
      async () => {
        const { ended, removed, more, behindMs } = await store.sweep(100);
        assert.deepEqual({ ended, removed, more }, { ended: 0, removed: 0, more: false });
        assert.ok(behindMs > days, `${behindMs} ms`);
      },
    );
    assert.equal((await store.sweep(100)).ended, 3);
  });
});

test("rows that can't be read, as of a kind that a newer version has, stay, and stop no other, also if they fill a step", async () => {
  await withSent(9, async ({ store, database }) => {
    const unknown =
      "SELECT version, 0, bucket, set_byte(key, 0, ascii('z')), state FROM antryk.item WHERE get_byte(key, 0) = ascii('r')";
    await run(database.url, `INSERT INTO antryk.item (version, at, bucket, key, state) ${unknown} LIMIT 5`);
    await run(
      database.url,
      `INSERT INTO antryk.item (version, at, bucket, key, state)
      SELECT version, 1, bucket, set_byte(key, 0, ascii('g')), 'x' FROM antryk.item WHERE get_byte(key, 0) = ascii('r') LIMIT 5`,
    );
    await sweepAll(store, 2);
    const { recipients, history } = await store.sizes();
    assert.deepEqual({ recipients, history }, { recipients: 0, history: 9 });
  });
});

test("two processes at once: each verification ends once", async () => {
  await withSent(40, async ({ store, database }) => {
    const clock = { now: () => Date.now() + 3 * days + 1_000 };
    const another = await database.open({ clock });
    const ended = await Promise.all(
      [store, another].map(async (each) => {
        let sum = 0;
        while ((await each.sizes()).recipients > 0) sum += (await each.sweep(7)).ended;
        return sum;
      }),
    );
    await another.close();
    assert.equal(
      ended.reduce((sum, each) => sum + each, 0),
      40,
    );
    assert.equal((await store.sizes()).history, 40);
  });
});
