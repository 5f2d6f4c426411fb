/** A locked database and a full disk: 503, nothing changes its meaning, and it recovers. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync, StatementSync } from "node:sqlite";
import { test } from "node:test";
import { Installation } from "@antryk/testkit/process";
import { startService } from "@antryk/testkit/service";
import { openSqliteStore } from "../../src/store/sqlite/open.ts";

test("a locked database is 503 within a bounded time, reads go on, and it recovers", async () => {
  const folder = mkdtempSync(join(tmpdir(), "antryk-lock-"));
  const path = join(folder, "antryk.db");
  {
    await using service = await startService({ store: openSqliteStore({ path }) });
    await service.post("send-otp", { to: "+919876543210" });
    const holder = new DatabaseSync(path);
    holder.exec("BEGIN IMMEDIATE");
    const [send, verify, ready, health] = await Promise.all([
      service.post("send-otp", { to: "+919876543211" }),
      service.post("verify-otp", { to: "+919876543210", otp: service.lastCode("+919876543210") }),
      fetch(`${service.baseUrl}/readyz`),
      fetch(`${service.baseUrl}/healthz`),
    ]);
    for (const reply of [send, verify]) {
      assert.equal(reply.status, 503);
      assert.equal(reply.body.errors[0].type, "unavailable");
      assert.ok(Number(reply.headers.get("retry-after")) >= 1);
    }
    assert.deepEqual([ready.status, health.status], [503, 200]);
    holder.exec("ROLLBACK");
    holder.close();
    assert.equal((await service.post("send-otp", { to: "+919876543211" })).status, 200);
    assert.equal(
      (await service.post("verify-otp", { to: "+919876543210", otp: service.lastCode("+919876543210") })).body.data
        .valid,
      true,
    );
  }
  rmSync(folder, { recursive: true });
});

test("a lock that ends in time is only waited for", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "antryk-lock-"));
  const path = join(folder, "antryk.db");
  {
    await using service = await startService({ store: openSqliteStore({ path }) });
    const holder = new DatabaseSync(path);
    holder.exec("BEGIN IMMEDIATE");
    let met = 0;
    const { run } = StatementSync.prototype;
    t.mock.method(
      StatementSync.prototype,
      "run",
      function (this: StatementSync, ...values: Parameters<StatementSync["run"]>) {
        try {
          return run.apply(this, values);
        } catch (fault) {
          met += 1;
          if (met === 3) holder.exec("ROLLBACK");
          throw fault;
        }
      },
    );
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, n) => service.post("send-otp", { to: `+9198765432${10 + n}` })),
    );
    for (const { status } of replies) assert.equal(status, 200);
    assert.ok(met >= 3, "the lock was met");
    holder.close();
  }
  rmSync(folder, { recursive: true });
});

// A limit on file sizes, set and lifted while the server runs, acts as a disk that fills up and is freed. Linux only.
test("a full disk is 503, what was answered stays, and it recovers", {
  skip: process.platform === "linux" ? false : "needs prlimit",
}, async () => {
  await using installation = new Installation();
  const caller = await installation.caller();
  const server = await installation.serve();
  const headers = {
    "content-type": "application/json",
    "x-access-key": caller.accessKey,
    "x-secret-key": caller.secretKey,
  };
  const send = (to: string) =>
    fetch(`${server.baseUrl}/api/v1/sms/send-otp`, {
      method: "POST",
      headers,
      body: JSON.stringify({ to, serviceId: caller.serviceId }),
    });
  const limitFiles = (bytes: number | "unlimited") =>
    execFileSync("prlimit", ["--pid", String(server.pid), `--fsize=${bytes}:unlimited`]);

  assert.equal((await send("+919876543210")).status, 200);
  limitFiles(statSync(join(installation.folder, "data/antryk.db-wal")).size + 100_000);
  const statuses: number[] = [];
  for (let n = 0; n < 40; n += 1) statuses.push((await send(`+9198765432${20 + n}`)).status);
  assert.ok(statuses.includes(503), `the disk never was full: ${statuses}`);
  assert.deepEqual([...new Set(statuses)].sort(), [200, 503]);
  assert.equal((await fetch(`${server.baseUrl}/readyz`)).status, 503);

  limitFiles("unlimited");
  assert.equal((await fetch(`${server.baseUrl}/readyz`)).status, 200);
  assert.equal((await send("+919876543290")).status, 200);
  assert.equal((await send("+919876543210")).status, 409, "what was answered before is still known");
});
