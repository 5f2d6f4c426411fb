/** The file of a running server: nobody else serves from it, and what happens to it is noticed. */
import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Installation } from "@antryk/testkit/process";
import { startService } from "@antryk/testkit/service";
import { until } from "@antryk/testkit/until";
import { openSqliteStore } from "./open.ts";

let numbers = 9_876_500_000;
const newNumber = () => {
  numbers += 1;
  return `+91${numbers}`;
};

for (const [name, happens] of [
  ["removed", (path) => unlinkSync(path)],
  [
    "replaced by a copy",
    (path) => {
      copyFileSync(path, `${path}.copy`);
      renameSync(`${path}.copy`, path);
    },
  ],
  ["robbed of its log", (path) => unlinkSync(`${path}-wal`)],
] as const satisfies readonly (readonly [string, (path: string) => void])[])
  test(`a file that is ${name} under a running server: not ready, and 503 instead of an answer that is lost`, async () => {
    const folder = mkdtempSync(join(tmpdir(), "antryk-file-"));
    try {
      const path = join(folder, "antryk.db");
      await using service = await startService({ store: openSqliteStore({ path }) });
      assert.equal((await service.post("send-otp", { to: newNumber() })).status, 200);
      happens(path);
      const status = async (to: string) => (await service.post("send-otp", { to })).status;
      await until(async () => (await status(newNumber())) === 503, { what: "sends are refused" });
      assert.equal((await fetch(`${service.baseUrl}/readyz`)).status, 503);
      const before = service.app.sandbox.list().length;
      assert.equal(await status(newNumber()), 503);
      assert.equal(service.app.sandbox.list().length, before, "no message leaves");
      assert.ok(service.logLines.some((line) => line.includes("was removed or replaced while it was open")));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

test("one server has a file: a second one says so in one line, commands work, and a killed one leaves nothing behind", async () => {
  await using installation = new Installation();
  await installation.caller();
  const server = await installation.serve();
  const link = join(installation.folder, "link.db");
  symlinkSync(join(installation.folder, "data/antryk.db"), link);
  for (const path of [join(installation.folder, "data/antryk.db"), link]) {
    await using second = new Installation({
      ANTRYK_DATABASE_URL: `sqlite:${path}`,
      ANTRYK_KEYRING: join(installation.folder, "data/keyring.json"),
    });
    const { code, stderr } = await second.run("serve");
    assert.equal(code, 1);
    assert.match(stderr, /^antryk: another server runs on the store \S+: stop it first.*\n$/);
  }
  assert.equal((await installation.run("key", "list")).code, 0);
  assert.equal((await installation.run("backup", "--to", join(installation.folder, "copy.db"))).code, 0);
  await server.kill("SIGKILL");
  const next = await installation.serve();
  assert.equal(await next.kill("SIGTERM"), 0);
  const last = await installation.serve();
  assert.equal(await last.kill("SIGTERM"), 0);
});
