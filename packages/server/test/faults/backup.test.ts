/** `antryk backup` beside a running server, and the day it is needed. */
import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Installation, type RunningServer } from "@antryk/testkit/process";

type Caller = Awaited<ReturnType<Installation["caller"]>>;

async function post(
  server: RunningServer,
  { accessKey, secretKey, serviceId }: Caller,
  operation: string,
  body: object,
) {
  const reply = await fetch(`${server.baseUrl}/api/v1/sms/${operation}`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-access-key": accessKey, "x-secret-key": secretKey },
    body: JSON.stringify({ serviceId, ...body }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: replies of every shape
  return { status: reply.status, body: (await reply.json()) as any };
}

async function codeOf(server: RunningServer, to: string): Promise<string> {
  const { messages } = (await (
    await fetch(`${server.operationsUrl}/sandbox/messages?to=${encodeURIComponent(to)}`)
  ).json()) as {
    messages: { text: string }[];
  };
  return /\d{6}/.exec(messages[0]?.text ?? "")?.[0] ?? "";
}

test("a backup of a running server, restored with the keyring elsewhere, verifies codes already sent", async () => {
  await using installation = new Installation();
  const caller = await installation.caller("--ttl", "600");
  const server = await installation.serve();
  const [before, after] = ["+919876543210", "+919876543211"];
  await post(server, caller, "send-otp", { to: before });
  const otp = await codeOf(server, before);

  const load = Promise.all(
    Array.from({ length: 50 }, (_, n) => post(server, caller, "send-otp", { to: `+9198765${44_000 + n}` })),
  );
  const copy = join(installation.folder, "copy.db");
  const made = await installation.json("backup", "--to", copy);
  assert.ok(
    (await load).every(({ status }) => status === 200),
    "the server goes on meanwhile",
  );
  assert.deepEqual([made.file, statSync(copy).mode & 0o777], [copy, 0o600]);
  await post(server, caller, "send-otp", { to: after });
  const again = await installation.runProcess("backup", "--to", "copy.db");
  assert.deepEqual([again.code, /is there already/.test(again.stderr)], [1, true]);
  await server.kill("SIGKILL");

  await using restored = new Installation();
  mkdirSync(join(restored.folder, "data"), { mode: 0o700 });
  copyFileSync(copy, join(restored.folder, "data/antryk.db"));
  const without = await restored.run("serve");
  assert.match(without.stderr, /keyring .* is missing/);
  copyFileSync(join(installation.folder, "data/keyring.json"), join(restored.folder, "data/keyring.json"));
  assert.equal((await restored.json("doctor")).healthy as unknown, true);
  const second = await restored.serve();
  assert.equal((await post(second, caller, "send-otp", { to: before })).status, 409);
  assert.equal((await post(second, caller, "verify-otp", { to: before, otp })).body.data.valid, true);
  assert.equal(
    (await post(second, caller, "send-otp", { to: after })).status,
    200,
    "what came after the backup is forgotten",
  );
  assert.ok(!readFileSync(copy, "latin1").includes(caller.secretKey));
});
