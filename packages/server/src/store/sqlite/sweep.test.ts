/** The sweep over SQLite: in one transaction a step, past what must stay. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { bounds, retention } from "@antryk/contract";
import { Caller } from "@antryk/testkit/store/harness";
import { ManualClock } from "../clock.ts";
import type { Store } from "../port.ts";
import { openSqliteStore } from "./open.ts";

const days = 24 * 3_600_000;

/** A store in a file, and its callers. */
async function withStore(
  work: (given: { store: Store; clock: ManualClock; path: string }) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "antryk-sweep-"));
  const path = join(folder, "antryk.db");
  const clock = new ManualClock(Date.now());
  const store = openSqliteStore({ path, clock });
  try {
    await work({ store, clock, path });
  } finally {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Verifications of nine moments, due after three days. */
async function sendNine({ store, clock }: { readonly store: Store; readonly clock: ManualClock }): Promise<void> {
  for (let n = 0; n < 9; n += 1) {
    clock.advance(1);
    await new Caller(store).send("1");
  }
}

async function sizes(store: Store): Promise<{ recipients: number; history: number }> {
  const { recipients, history } = await store.sizes();
  return { recipients, history };
}

test("rows that can't be read, as of a kind that a newer version has, stay, and stop no other, also if they fill a step", async () => {
  await withStore(async ({ store, clock, path }) => {
    await sendNine({ store, clock });
    const db = new DatabaseSync(path);
    const insert = (tag: string, at: number, state: string) =>
      db.exec(`INSERT INTO item (hash, at, key, state) SELECT hash, ${at}, unhex(hex('${tag}') || substr(hex(key), 3)), ${state} FROM item
        WHERE substr(key, 1, 1) = CAST('r' AS BLOB) LIMIT 5`);
    insert("z", 0, "state");
    insert("g", 1, "'x'");
    db.close();
    clock.advance(3 * days);
    for (let steps = 0; (await store.sweep(2)).more; steps += 1) assert.ok(steps < 50, "it does not come to an end");
    assert.deepEqual(await sizes(store), { recipients: 0, history: 9 });
  });
});

test("a step takes the oldest rows, as many as it may", async () => {
  await withStore(async ({ store, clock }) => {
    await sendNine({ store, clock });
    clock.advance(3 * days);
    const { ended, more } = await store.sweep(4);
    assert.deepEqual({ ended, more }, { ended: 4, more: true });
    assert.deepEqual(await sizes(store), { recipients: 5, history: 4 });
  });
});

test("a code that was made to live longer stays while a pass goes by, and a later pass takes it", async () => {
  await withStore(async ({ store, clock }) => {
    const longestMs = bounds.ttlSeconds.max * 1_000;
    const caller = new Caller(store);
    const unlimited = { ttlMs: longestMs, limits: { recipient: [], shared: [] } };
    await caller.send("1", "unknown", unlimited);
    // A repeated send of unknown outcome: the same verification, with another life.
    clock.advance(longestMs - 1_000);
    await caller.send("1", "unknown", unlimited);
    clock.advance(retention.endedOtpMs + longestMs - 2_000);
    await sendNine({ store, clock });
    assert.deepEqual(
      { ...(await store.sweep(100)), unreadable: 0 },
      {
        behindMs: 0,
        unreadable: 0,
        isPassOver: true,
        ended: 0,
        removed: 0,
        more: false,
      },
    );
    clock.advance(2_000);
    assert.equal((await store.sweep(100)).ended, 1);
    assert.deepEqual(await sizes(store), { recipients: 9, history: 1 });
  });
});

test("a step that fails in the middle changes nothing, and is done again", async () => {
  await withStore(async ({ store, clock, path }) => {
    await sendNine({ store, clock });
    clock.advance(3 * days);
    const db = new DatabaseSync(path);
    db.exec(`CREATE TRIGGER stop BEFORE INSERT ON history WHEN (SELECT count(*) FROM history) = 5
      BEGIN SELECT RAISE(ABORT, 'stop'); END`);
    await assert.rejects(store.sweep(100), /stop/);
    assert.deepEqual(await sizes(store), { recipients: 9, history: 0 });
    db.exec("DROP TRIGGER stop");
    db.close();
    assert.equal((await store.sweep(100)).ended, 9);
    assert.deepEqual(await sizes(store), { recipients: 0, history: 9 });
  });
});

test("a step is one transaction, whatever it has to do", async () => {
  const store = openSqliteStore({ path: ":memory:" });
  const { batches } = store.batches();
  await store.sweep(100);
  assert.equal(store.batches().batches, batches + 1);
  await store.close();
});
