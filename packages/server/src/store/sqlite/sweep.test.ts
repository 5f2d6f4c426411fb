/** The sweep over SQLite: in one transaction a step, past what must stay. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { startService } from "@antryk/testkit/service";
import { openSqliteStore } from "./open.ts";

test("rows that can't be read, as of a kind that a newer version has, stay, and stop no other, also if they fill a step", async () => {
  const folder = mkdtempSync(join(tmpdir(), "antryk-sweep-"));
  try {
    const path = join(folder, "antryk.db");
    const clock = { at: Date.now(), now: () => clock.at };
    const store = openSqliteStore({ path, clock });
    await using service = await startService({ store });
    for (let n = 0; n < 9; n += 1) {
      clock.at += 1;
      assert.equal((await service.post("send-otp", { to: `+9198765${43_200 + n}` })).status, 200);
    }
    const db = new DatabaseSync(path);
    const insert = (tag: string, at: number, state: string) =>
      db.exec(`INSERT INTO item (hash, at, key, state) SELECT hash, ${at}, unhex(hex('${tag}') || substr(hex(key), 3)), ${state} FROM item
        WHERE substr(key, 1, 1) = CAST('r' AS BLOB) LIMIT 5`);
    insert("z", 0, "state");
    insert("g", 1, "'x'");
    db.close();
    clock.at += 3 * 24 * 3_600_000;
    for (let steps = 0; (await store.sweep(2)).more; steps += 1) assert.ok(steps < 50, "it does not come to an end");
    const { recipients, history } = await store.sizes();
    assert.deepEqual({ recipients, history }, { recipients: 0, history: 9 });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("a step is one transaction, whatever it has to do", async () => {
  const store = openSqliteStore({ path: ":memory:" });
  const { batches } = store.batches();
  await store.sweep(100);
  assert.equal(store.batches().batches, batches + 1);
  await store.close();
});
