/** A row that can't be read, as requests and operators see it. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { startService } from "@antryk/testkit/service";
import { Caller } from "@antryk/testkit/store/harness";
import { until } from "@antryk/testkit/until";
import { createLog } from "../../observe/log.ts";
import { Sweeper } from "../sweeper.ts";
import { openSqliteStore } from "./open.ts";

const garbage = "garbage 4711";

async function withFile(work: (path: string, mangle: () => void) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "antryk-unreadable-"));
  const path = join(folder, "antryk.db");
  const mangle = () => {
    const db = new DatabaseSync(path);
    db.exec(`UPDATE item SET state = '${garbage}' WHERE row_id = (SELECT min(row_id) FROM item)`);
    db.close();
  };
  try {
    await work(path, mangle);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("send and verify answer 500 internal_error, no message leaves, and the log holds neither number nor text", async () => {
  await withFile(async (path, mangle) => {
    await using service = await startService({ store: openSqliteStore({ path }) });
    const to = "+919876543210";
    assert.equal((await service.post("send-otp", { to })).status, 200);
    const otp = service.lastCode(to);
    mangle();
    for (const [operation, body] of [
      ["verify-otp", { to, otp }],
      ["send-otp", { to }],
      ["resend-otp", { to }],
      ["cancel-otp", { to }],
    ] as const) {
      const { status, body: reply } = await service.post(operation, body);
      assert.deepEqual([status, reply.errors[0].type], [500, "internal_error"], operation);
    }
    assert.equal(service.app.sandbox.list(to).length, 1);
    const said = service.logLines.filter((line) => line.includes("can't be read"));
    assert.equal(said.length, 4);
    for (const line of said) assert.ok(!line.includes(garbage) && !line.includes(to), line);
    assert.equal((await service.post("send-otp", { to: "+919876543211" })).status, 200);
  });
});

test("calls that share its transaction are done in that transaction", async () => {
  await withFile(async (path, mangle) => {
    const store = openSqliteStore({ path });
    const caller = new Caller(store);
    await caller.send("1");
    mangle();
    const { batches } = store.batches();
    const done = await Promise.allSettled(
      [caller, ...Array.from({ length: 9 }, () => new Caller(store))].map((each) => each.reserve("1")),
    );
    assert.deepEqual(
      done.map(({ status }) => status),
      ["rejected", ...Array.from({ length: 9 }, () => "fulfilled")],
    );
    assert.equal(store.batches().batches, batches + 1);
    await store.close();
  });
});

test("the sweep says how many there are, once", async () => {
  await withFile(async (path, mangle) => {
    const clock = { at: Date.now(), now: () => clock.at };
    const store = openSqliteStore({ path, clock });
    await new Caller(store).send("1");
    mangle();
    clock.at += 3 * 24 * 3_600_000;
    const lines: string[] = [];
    const log = createLog("info", { write: (line) => lines.push(line) });
    const sweeper = new Sweeper({ store, log, restMs: 1 });
    sweeper.start();
    const { batches } = store.batches();
    await until(() => store.batches().batches > batches + 3, { what: "it has swept a few times" });
    await sweeper.stop();
    assert.equal(sweeper.unreadable, 1);
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? "", /"event":"rows_unreadable","rows":1/);
    await store.close();
  });
});
