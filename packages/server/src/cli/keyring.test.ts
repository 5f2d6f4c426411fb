/** A keyring and its store belong together, on every host; and keys come and go while servers run. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, lstatSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Installation, type RunningServer } from "@antryk/testkit/process";
import { until } from "@antryk/testkit/until";
import { newKeyring } from "../keyring/keyring.ts";

const to = "+919876543210";

function keyringOf({ folder }: Installation): string {
  return join(folder, "data/keyring.json");
}

async function post(
  server: Pick<RunningServer, "baseUrl">,
  caller: Record<string, string>,
  path: string,
  body: object,
) {
  const { accessKey = "", secretKey = "", serviceId } = caller;
  const reply = await fetch(`${server.baseUrl}/api/v1/sms/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-access-key": accessKey, "x-secret-key": secretKey },
    body: JSON.stringify({ serviceId, ...body }),
  });
  return { status: reply.status, body: (await reply.json()) as { data?: { valid?: boolean } } };
}

async function codeOf(server: Pick<RunningServer, "operationsUrl">, recipient: string): Promise<string> {
  const reply = await fetch(`${server.operationsUrl}/sandbox/messages?to=${encodeURIComponent(recipient)}`);
  const { messages } = (await reply.json()) as { messages: { text: string }[] };
  return /\d{6}/.exec(messages[0]?.text ?? "")?.[0] ?? "";
}

test("another keyring, though no code lives and nothing is sealed: no command and no server opens the store", async () => {
  await using installation = new Installation();
  await installation.caller();
  const own = readFileSync(keyringOf(installation));
  writeFileSync(keyringOf(installation), JSON.stringify(newKeyring()));
  const { code, stderr } = await installation.run("key", "list");
  assert.equal(code, 1);
  assert.match(stderr, /^antryk: the keyring \S+ belongs to another installation than the store: .*\n$/);
  assert.equal((await installation.run("serve")).stderr, stderr);
  assert.match(
    (await installation.run("doctor")).stdout,
    /FAIL {2}keyring +the keyring \S+ belongs to another installation/,
  );
  writeFileSync(keyringOf(installation), own);
  assert.equal((await installation.run("key", "list")).code, 0);
});

test("a store from before it knew its keyring: what it has sealed shows whose it is", async () => {
  await using installation = new Installation();
  await installation.caller();
  await installation.json(
    "gateway",
    "add",
    "kan",
    "--provider",
    "kannel",
    "--kannel-url",
    "http://127.0.0.1:9",
    "--kannel-username",
    "u",
    "--kannel-password",
    "p",
  );
  const { DatabaseSync } = await import("node:sqlite");
  const db = new DatabaseSync(join(installation.folder, "data/antryk.db"));
  db.exec("UPDATE installation SET canary = NULL");
  db.close();
  const own = readFileSync(keyringOf(installation));
  writeFileSync(keyringOf(installation), JSON.stringify(newKeyring()));
  assert.match((await installation.run("key", "list")).stderr, /belongs to another installation/);
  writeFileSync(keyringOf(installation), own);
  assert.equal((await installation.run("key", "list")).code, 0);
});

test("keys come and go while servers run: none is restarted, and no right code is refused", async () => {
  await using installation = new Installation();
  const caller = await installation.caller();
  const server = await installation.serve();
  assert.equal((await post(server, caller, "send-otp", { to })).status, 200);
  const first = await codeOf(server, to);
  // Another host with a copy of the file, which the change does not reach at first.
  const copy = join(installation.folder, "copy.json");
  copyFileSync(keyringOf(installation), copy);
  await using other = new Installation({
    ANTRYK_KEYRING: copy,
    ANTRYK_DATABASE_URL: `sqlite:${join(installation.folder, "data/antryk.db")}`,
  });
  const behind = await other.serveHere();

  const { keyId = "" } = await installation.json("keyring", "add");
  process.kill(server.pid, "SIGHUP");
  const nodes = async () =>
    (await installation.json("node", "list")).nodes as unknown as { pid: number; keys: string[] }[];
  const has = async (pid: number) => (await nodes()).some((node) => node.pid === pid && node.keys.includes(keyId));
  await until(() => has(server.pid), { what: "the server has the key" });
  const refused = await installation.run("keyring", "promote", keyId);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, new RegExp(`\\(process ${process.pid}\\) does not have ${keyId} yet`));

  copyFileSync(keyringOf(installation), copy);
  await until(() => has(process.pid), { what: "the other server has the key by itself" });
  await installation.json("keyring", "promote", keyId);
  process.kill(server.pid, "SIGHUP");
  await until(async () => (await nodes()).some(({ pid, keys }) => pid === server.pid && keys[0] === keyId), {
    what: "the server makes codes from it",
  });
  const next = "+919876543211";
  assert.equal((await post(server, caller, "send-otp", { to: next })).status, 200);
  const second = await codeOf(server, next);
  assert.equal((await post(behind, caller, "verify-otp", { to: next, otp: second })).body.data?.valid, true);
  assert.equal((await post(behind, caller, "verify-otp", { to, otp: first })).body.data?.valid, true);
  await behind[Symbol.asyncDispose]();

  writeFileSync(keyringOf(installation), "{");
  process.kill(server.pid, "SIGHUP");
  await installation.printed('"event":"keyring_refused"');
  assert.equal(
    (await post(server, caller, "send-otp", { to: "+919876543212" })).status,
    200,
    "with the keys from before",
  );
  assert.equal(await server.kill("SIGTERM"), 0);
});

test("a link to the keyring stays a link, and the file behind it is changed", async () => {
  await using installation = new Installation();
  const real = join(installation.folder, "real");
  mkdirSync(real);
  writeFileSync(join(real, "keyring.json"), JSON.stringify(newKeyring()), { mode: 0o600 });
  mkdirSync(join(installation.folder, "data"));
  symlinkSync(join(real, "keyring.json"), keyringOf(installation));
  const { keyId } = await installation.json("keyring", "add");
  assert.ok(lstatSync(keyringOf(installation)).isSymbolicLink());
  assert.ok(readFileSync(join(real, "keyring.json"), "utf8").includes(String(keyId)));
});

test("a place where no keyring can be is one line, and never waited for", async () => {
  await using installation = new Installation();
  const pipe = join(installation.folder, "pipe");
  execFileSync("mkfifo", [pipe]);
  for (const path of ["/proc/self/no/keyring.json", "/dev/null/keyring.json", "/dev/zero", pipe, installation.folder]) {
    await using there = new Installation({ ANTRYK_KEYRING: path });
    const { code, stderr } = await there.run("init");
    assert.equal(code, 1, path);
    assert.match(stderr, /^antryk: the keyring \S+ can't be (read|written): .+\n$/, path);
  }
  await using store = new Installation({ ANTRYK_DATABASE_URL: "sqlite:/proc/self/no/antryk.db" });
  assert.match((await store.run("init")).stderr, /^antryk: the store \S+ can't be opened: .+\n$/);
});
