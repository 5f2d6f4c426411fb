/** A running server notices that its store is not the one any more that it was started on. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { startService, type TestService } from "@antryk/testkit/service";
import { until } from "@antryk/testkit/until";
import { openSqliteStore } from "./sqlite/open.ts";

const to = "+919876543210";

/** A service over a file, and what else writes to that file. */
async function withFile(work: (service: TestService, db: DatabaseSync) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "antryk-watch-"));
  const path = join(folder, "antryk.db");
  const store = openSqliteStore({ path });
  await store.claim("canary");
  const db = new DatabaseSync(path);
  try {
    await using service = await startService({ store });
    await work(service, db);
  } finally {
    db.close();
    rmSync(folder, { recursive: true });
  }
}

const ready = async (service: TestService) => (await fetch(`${service.baseUrl}/readyz`)).status;

for (const [name, change, back] of [
  ["another store", "UPDATE installation SET id = 'another'", undefined],
  [
    "a store of another keyring",
    "UPDATE installation SET canary = 'another'",
    "UPDATE installation SET canary = 'canary'",
  ],
  ["a move into it", "UPDATE installation SET move = '[]'", "UPDATE installation SET move = NULL"],
] as const)
  test(`${name} under a running server: it is not ready, and takes no request`, () =>
    withFile(async (service, db) => {
      assert.equal(await ready(service), 200);
      db.exec(change);
      assert.equal(await ready(service), 503);
      assert.equal((await service.post("send-otp", { to })).status, 503);
      assert.deepEqual(service.app.sandbox.list(to), [], "no message left");
      assert.equal(service.logLines.filter((line) => line.includes('"event":"store_trouble"')).length, 1);
      if (back === undefined) return;
      db.exec(back);
      assert.equal(await ready(service), 200);
      assert.equal((await service.post("send-otp", { to })).status, 200);
    }));

test("a store that has come further: without being asked, the server takes no request and says that it must end", () =>
  withFile(async (service, db) => {
    db.exec("UPDATE installation SET min_writer = 1000000");
    await until(service.app.beyond, { what: "the server has seen it" });
    assert.equal((await service.post("send-otp", { to })).status, 503);
    assert.equal(await ready(service), 503);
  }));

test("a server is on the list of servers from its start to its end", () =>
  withFile(async (service, db) => {
    const nodes = () =>
      db
        .prepare("SELECT keys FROM node")
        .all()
        .map(({ keys }) => JSON.parse(String(keys)));
    assert.deepEqual(nodes(), [service.keyring.liveIds]);
    await service.app.close();
    assert.deepEqual(nodes(), []);
  }));
