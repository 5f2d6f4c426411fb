/** The command line as operators run it, in a separate folder. What concerns processes is run as processes. */
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Installation, type RunningServer } from "@antryk/testkit/process";
import { until } from "@antryk/testkit/until";
import { configVariables } from "../config.ts";

const to = "+919876543210";

interface Send {
  readonly accessKey: string;
  readonly secretKey: string;
  readonly serviceId: string;
  readonly to?: string;
}

async function send(
  { baseUrl }: Pick<RunningServer, "baseUrl">,
  { accessKey, secretKey, serviceId, to: recipient = to }: Send,
): Promise<Response> {
  const headers = { "content-type": "application/json", "x-access-key": accessKey, "x-secret-key": secretKey };
  const body = JSON.stringify({ to: recipient, serviceId });
  return fetch(`${baseUrl}/api/v1/sms/send-otp`, { method: "POST", headers, body });
}

const modeOf = (path: string) => statSync(path).mode & 0o777;

test("first boot: demo credentials go to a private file if stdout is no terminal, once, never to the log", async () => {
  await using installation = new Installation();
  const first = await installation.serve();
  const data = join(installation.folder, "data");
  await installation.printed("first-run.txt");
  const text = readFileSync(join(data, "first-run.txt"), "utf8");
  for (const name of ["first-run.txt", "antryk.db", "keyring.json"])
    assert.equal(modeOf(join(data, name)), 0o600, name);
  assert.doesNotMatch(installation.output, /antryk_sk_/);

  const curl = /curl -X POST .*send-otp[\s\S]*?\}'/.exec(text)?.[0] ?? assert.fail("no curl is printed");
  const reply = JSON.parse(execFileSync("bash", ["-c", `${curl} -s`], { encoding: "utf8" })) as {
    success: boolean;
    data: { status: string };
  };
  assert.deepEqual([reply.success, reply.data.status], [true, "pending"]);
  const inboxUrl = /http:\S+sandbox\S+/.exec(text)?.[0] ?? assert.fail("no inbox is printed");
  const inbox = (await (await fetch(inboxUrl)).json()) as { messages: { text: string }[] };
  assert.match(inbox.messages[0]?.text ?? "", /^\d{6} /);
  assert.equal(await first.kill("SIGTERM"), 0, "an orderly end");

  unlinkSync(join(data, "first-run.txt"));
  const second = await installation.serve();
  await second.kill("SIGTERM");
  assert.throws(() => statSync(join(data, "first-run.txt")));
  assert.equal(((await installation.json("account", "list")).accounts as unknown as object[]).length, 1);
});

test("first boot: the secret goes to no file or link that was there before", async () => {
  await using installation = new Installation();
  const data = join(installation.folder, "data");
  const elsewhere = join(installation.folder, "elsewhere.txt");
  mkdirSync(data);
  writeFileSync(elsewhere, "theirs", { mode: 0o644 });
  symlinkSync(elsewhere, join(data, "first-run.txt"));
  await installation.serve();
  await installation.printed("first-run.txt");
  assert.equal(readFileSync(elsewhere, "utf8"), "theirs");
  assert.equal(modeOf(join(data, "first-run.txt")), 0o600);
});

test("first boot: commands that start at once share one store, one keyring and one account", async () => {
  await using installation = new Installation();
  const made = await Promise.all(Array.from({ length: 4 }, () => installation.runProcess("init", "--json")));
  assert.equal(made.filter(({ code }) => code === 0).length, 1);
  for (const { code, stderr } of made) if (code !== 0) assert.match(stderr, /has an account already/);
  const left = readdirSync(join(installation.folder, "data")).filter((name) => name.startsWith("keyring.json"));
  assert.deepEqual(left, ["keyring.json"]);
});

test("a store or keyring whose place can't be used is one line that names it", async () => {
  await using installation = new Installation();
  writeFileSync(join(installation.folder, "file"), "");
  await using noStore = new Installation({ ANTRYK_DATABASE_URL: `sqlite:${installation.folder}/file/antryk.db` });
  await using folder = new Installation({ ANTRYK_DATABASE_URL: `sqlite:${installation.folder}` });
  await using noKeyring = new Installation({ ANTRYK_KEYRING: `${installation.folder}/file/below/keyring.json` });
  assert.match((await noStore.run("init")).stderr, /^antryk: the store .*file\/antryk.db can't be opened: E\S+: .*\n$/);
  assert.match((await folder.run("init")).stderr, /^antryk: the store .* can't be opened: EISDIR: .*\n$/);
  assert.match((await noKeyring.run("init")).stderr, /^antryk: the keyring .* can't be \S+: ENOTDIR\n$/);
});

test("first boot: nothing is made if the address is not loopback; init does it", async () => {
  await using installation = new Installation({ ANTRYK_HOST: "0.0.0.0" });
  const server = await installation.serve();
  await server.kill("SIGTERM");
  assert.equal(((await installation.json("account", "list")).accounts as unknown as object[]).length, 0);
  const made = await installation.json("init");
  assert.deepEqual(Object.keys(made), ["accountId", "accessKey", "secretKey", "serviceId"]);
  const again = await installation.run("init");
  assert.equal(again.code, 1);
  assert.match(again.stderr, /has an account already/);
});

test("init says where to send, and where messages can be read", async () => {
  const addresses = { ANTRYK_HOST: "::1", ANTRYK_PORT: "9090", ANTRYK_OPERATIONS_PORT: "9091" };
  await using installation = new Installation(addresses);
  const { stdout } = await installation.run("init");
  assert.match(stdout, /http:\/\/\[::1\]:9090\/api\/v1\/sms\/send-otp/);
  assert.match(stdout, /http:\/\/127\.0\.0\.1:9091\/sandbox\/messages/);
});

// npm signals only the shell that it starts a script with, and most shells stay between npm and what they run.
test("SIGTERM to npm start reaches the server", { skip: process.platform === "win32" }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "antryk-npm-"));
  const env = {
    ...process.env,
    ANTRYK_PORT: "0",
    ANTRYK_DRAIN_DELAY: "0",
    ANTRYK_DATABASE_URL: `sqlite:${join(folder, "antryk.db")}`,
    ANTRYK_KEYRING: join(folder, "keyring.json"),
  };
  const npm = spawn("npm", ["start"], {
    cwd: fileURLToPath(new URL("../../../..", import.meta.url)),
    env,
    detached: true,
  });
  let output = "";
  for (const stream of [npm.stdout, npm.stderr]) stream.on("data", (chunk) => (output += chunk));
  const ended = once(npm, "exit");
  try {
    const died = ended.then(() => assert.fail(output));
    const listening = until(() => output.includes('"listening"'), { what: () => `npm start listens: ${output}` });
    await Promise.race([listening, died]);
    npm.kill("SIGTERM");
    await ended;
    assert.match(output, /"event":"stopped","finished":true/);
  } finally {
    // The whole group: if the test fails, the server has outlived npm.
    if (npm.pid !== undefined && output.includes('"listening"') && !output.includes('"stopped"'))
      process.kill(-npm.pid, "SIGKILL");
    rmSync(folder, { recursive: true });
  }
});

test("asked to stop, a server serves on for the drain delay and says so; the second signal ends that", async () => {
  await using installation = new Installation({ ANTRYK_DRAIN_DELAY: "300" });
  const caller = await installation.caller();
  const server = await installation.serve();
  assert.equal((await fetch(`${server.baseUrl}/readyz`)).status, 200);
  const exited = server.kill("SIGTERM");
  const left = async () => (await fetch(`${server.baseUrl}/readyz`)).status === 503;
  await until(left, { what: "readyz says that it leaves" });
  const reply = await fetch(`${server.baseUrl}/api/v1/sms/send-otp`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-access-key": caller.accessKey, "x-secret-key": caller.secretKey },
    body: JSON.stringify({ to, serviceId: caller.serviceId }),
  });
  assert.deepEqual([reply.status, reply.headers.get("connection")], [200, "close"]);
  assert.equal((await fetch(`${server.baseUrl}/healthz`)).status, 200);
  void server.kill("SIGTERM");
  assert.equal(await exited, 0);
  assert.match(
    installation.output,
    /"event":"leaving"[\s\S]*"event":"stopping"[\s\S]*"event":"stopped","finished":true/,
  );
});

test("a listener for operators on more than loopback wants the token that its file has, and commands know it", async () => {
  await using installation = new Installation({ ANTRYK_OPERATIONS_HOST: "0.0.0.0" });
  const caller = await installation.caller();
  const server = await installation.serve();
  const path = join(installation.folder, "data/operations-token");
  assert.equal(modeOf(path), 0o600);
  await send(server, caller);
  const here = server.operationsUrl.replace("0.0.0.0", "127.0.0.1");
  assert.equal((await fetch(`${here}/sandbox/messages`)).status, 401);
  const port = { ANTRYK_OPERATIONS_PORT: new URL(here).port };
  Object.assign(installation.env, port);
  assert.equal(((await installation.json("inbox")).messages as unknown as object[]).length, 1);
  await using stranger = new Installation({ ...port });
  assert.match((await stranger.run("inbox")).stderr, /wants its token: set ANTRYK_OPERATIONS_TOKEN/);
  await using knowing = new Installation({ ...port, ANTRYK_OPERATIONS_TOKEN: readFileSync(path, "utf8").trim() });
  assert.equal((await knowing.run("inbox")).code, 0);
  assert.ok(!installation.output.includes(readFileSync(path, "utf8").trim()), "it is not logged");
});

test("accounts, keys and services made by the command line send; a revoked key is refused within 2 s", async () => {
  await using installation = new Installation();
  const caller = await installation.caller(
    "--code-length",
    "8",
    "--ttl",
    "60",
    "--max-attempts",
    "3",
    "--wrong-code",
    "otp_invalid",
    "--recipient-limit",
    "2/1h",
  );
  const shown = await installation.json("service", "show", caller.serviceId);
  assert.deepEqual(
    [
      shown.provider,
      shown.codeLength,
      shown.ttl,
      shown.maxAttempts,
      shown.wrongCode,
      shown.recipientLimit,
      shown.serviceLimit,
    ],
    ["sandbox", 8, 60, 3, "otp_invalid", "2/1h", "off"],
  );
  const inCapitals = caller.serviceId.toUpperCase();
  assert.equal((await installation.json("service", "show", inCapitals)).serviceId, caller.serviceId);
  assert.equal((await installation.json("service", "update", inCapitals, "--max-attempts", "4")).maxAttempts, 4);
  const server = await installation.serve();
  assert.equal((await send(server, caller)).status, 200);
  await using beside = new Installation({ ANTRYK_OPERATIONS_PORT: new URL(server.operationsUrl).port });
  const messages = (await beside.json("inbox", "--to", to)).messages as unknown as {
    text: string;
    serviceId: string;
  }[];
  assert.match(messages[0]?.text ?? "", /^\d{8} is your Acme code/);
  assert.equal(messages[0]?.serviceId, caller.serviceId);

  const keys = (await installation.json("key", "list")).keys as unknown as {
    accessKey: string;
    revokedAt: string | null;
  }[];
  assert.deepEqual(
    keys.map(({ accessKey, revokedAt }) => [accessKey, revokedAt]),
    [[caller.accessKey, null]],
  );
  await installation.json("key", "revoke", caller.accessKey);
  const revokedAt = performance.now();
  const refused = async (): Promise<boolean> => {
    const askedAt = performance.now();
    const { status } = await send(server, caller);
    // One that was asked within the two seconds may be let through, whenever it is answered.
    assert.ok(status === 401 || askedAt - revokedAt < 2_000, "the revoked key still works");
    return status === 401;
  };
  await until(refused, { what: "the revoked key is refused", everyMs: 50 });
});

test("service update keeps what is not given, and settings are followed by a running server", async () => {
  await using installation = new Installation();
  const caller = await installation.caller("--brand", "Shop");
  await using server = await installation.serveHere();
  const newest = async (): Promise<string> => {
    const { messages } = (await (await fetch(`${server.operationsUrl}/sandbox/messages`)).json()) as {
      messages: { text: string }[];
    };
    return messages[0]?.text ?? "";
  };
  await send(server, caller);
  assert.match(await newest(), /^\d{6} is your Shop code/);
  await installation.json("service", "update", caller.serviceId, "--code-length", "4", "--template", "{brand}: {code}");
  const shown = await installation.json("service", "show", caller.serviceId);
  assert.deepEqual([shown.brand, shown.codeLength, shown.template, shown.ttl], ["Shop", 4, "{brand}: {code}", 300]);
  let number = Number(to);
  const followed = async (): Promise<boolean> => {
    number += 1;
    assert.equal((await send(server, { ...caller, to: `+${number}` })).status, 200);
    return /^Shop: \d{4}$/.test(await newest());
  };
  await until(followed, { what: "the server uses the new template", everyMs: 100 });
});

test("the http gateway's signing secret is made, shown once, and not in the store", async () => {
  await using installation = new Installation();
  const { accountId = "" } = await installation.json("account", "create", "test");
  const made = await installation.json(
    "service",
    "create",
    "--account",
    accountId,
    "--name",
    "Hook",
    "--countries",
    "all",
    "--provider",
    "http",
    "--http-url",
    "http://127.0.0.1:9/",
  );
  assert.match(made.httpSecret ?? "", /^whsec_/);
  const shown = await installation.json("service", "show", made.serviceId ?? "");
  assert.ok(!("httpSecret" in shown));
  assert.ok(
    !readFileSync(join(installation.folder, "data/antryk.db"), "latin1").includes((made.httpSecret ?? "").slice(6)),
  );
  const missing = await installation.run(
    "service",
    "create",
    "--account",
    accountId,
    "--name",
    "Hook",
    "--countries",
    "all",
    "--provider",
    "http",
  );
  assert.match(missing.stderr, /needs its URL \(--http-url\)/);
});

test("bad flags say what they take, and exit with 2", async () => {
  await using installation = new Installation();
  const { accountId = "" } = await installation.json("account", "create", "test");
  const create = (...flags: string[]) =>
    installation.run("service", "create", "--account", accountId, "--name", "N", "--countries", "all", ...flags);
  for (const [flags, says] of [
    [["--countries", "England"], /"ENGLAND" is not a country: write ISO 3166-1 codes such as IN,US, or all/],
    [["--code-length", "3"], /from 4 to 10/],
    [["--code-length", "11"], /from 4 to 10/],
    [["--ttl", "601"], /from 10 to 600/],
    [["--ttl", "5m"], /from 10 to 600/],
    [["--max-attempts", "0"], /from 1 to 20/],
    [["--wrong-code", "no"], /valid_false, otp_invalid/],
    [["--provider", "pigeon"], /one of .*sandbox/],
    [["--recipient-limit", "3"], /3\/15m/],
    [["--recipient-limit", "3/15y"], /units? s, m, h or d/],
    [["--recipient-limit", "101/1d"], /1 to 100/],
    [["--service-limit", "1/31d"], /1s to 30d/],
    [["--colour", "red"], /unknown option/],
  ] as const) {
    const { code, stderr } = await create(...flags);
    assert.equal(code, 2, flags.join(" "));
    assert.match(stderr, says);
  }
  for (const [flags, says] of [
    [["--template", "no code"], /must contain \{code\}/],
    [["--template", "2026: {code}"], /four or more digits/],
    [["--brand", "www.example.com"], /web address/],
  ] as const) {
    const { code, stderr } = await create(...flags);
    assert.equal(code, 1, flags.join(" "));
    assert.match(stderr, says);
  }
  const noNumber = await installation.run("inbox", "--to", to.slice(1));
  assert.deepEqual([noNumber.code, /E\.164/.test(noNumber.stderr)], [1, true]);
  const unknown = await installation.run("key", "create", "--account", "none");
  assert.deepEqual([unknown.code, unknown.stderr.includes("there is no account none")], [1, true]);
});

test("the process prints to its own streams and ends with the command's exit code", async () => {
  await using installation = new Installation();
  const [done, refused, misused] = await Promise.all(
    [
      ["template", "lint", "{code}"],
      ["key", "list"],
      ["key", "lisp"],
    ].map((args) => installation.runProcess(...args)),
  );
  assert.deepEqual(
    [done?.code, done?.stdout, done?.stderr],
    [0, "At its longest: 10 GSM-7 characters, 1 segment.\n", ""],
  );
  assert.deepEqual([refused?.code, refused?.stdout], [1, ""]);
  assert.match(refused?.stderr ?? "", /^antryk: there is no store at /);
  assert.deepEqual([misused?.code, misused?.stdout], [2, ""]);
  assert.match(misused?.stderr ?? "", /unknown command 'lisp'/);
});

test("account limits are written N/Wu and take effect", async () => {
  await using installation = new Installation();
  const caller = await installation.caller("--recipient-limit", "off");
  const updated = await installation.json("account", "update", caller.accountId, "--limit", "1/1h,5/1d");
  assert.equal(updated.limit, "1/1h, 5/1d");
  await using server = await installation.serveHere();
  assert.equal((await send(server, caller)).status, 200);
  const headers = {
    "content-type": "application/json",
    "x-access-key": caller.accessKey,
    "x-secret-key": caller.secretKey,
  };
  const second = await fetch(`${server.baseUrl}/api/v1/sms/send-otp`, {
    method: "POST",
    headers,
    body: JSON.stringify({ to: "+919876543211", serviceId: caller.serviceId }),
  });
  assert.equal(second.status, 429);
  assert.match(second.headers.get("ratelimit-policy") ?? "", /^"account";q=1;w=3600$/);
});

test("unlock says whether there was anything to empty", async () => {
  await using installation = new Installation();
  const caller = await installation.caller();
  assert.deepEqual(await installation.json("unlock", "--service", caller.serviceId, "--to", to), { unlocked: false });
  await using server = await installation.serveHere();
  await send(server, caller);
  assert.deepEqual(await installation.json("unlock", "--service", caller.serviceId, "--to", to), { unlocked: true });
  assert.deepEqual(await installation.json("limit", "reset", "--to", to), { services: 1 });
  assert.deepEqual(await installation.json("limit", "reset", "--to", "+12015550123"), { services: 0 });
  assert.equal((await installation.run("limit", "reset", "--to", to, "--service", randomUUID())).code, 1);
  const bad = await installation.run("unlock", "--service", caller.serviceId, "--to", "98765");
  assert.match(bad.stderr, /E\.164/);
});

test("a malformed variable stops the start, like every command, and is named", async () => {
  for (const [name, value] of Object.entries({
    ANTRYK_PORT: "99999",
    ANTRYK_HOST: "not a host",
    ANTRYK_DATABASE_URL: "mysql://root@localhost",
    ANTRYK_LOG_LEVEL: "loud",
    ANTRYK_BODY_CREDENTIALS: "maybe",
  })) {
    await using installation = new Installation({ [name]: value });
    const { code, stderr } = await installation.run(name === "ANTRYK_PORT" ? "serve" : "init");
    assert.equal(code, 1, name);
    assert.equal(stderr.trim().split("\n").length, 1, stderr);
    assert.ok(stderr.includes(name), stderr);
  }
});

test("a port in use is one line that says what to do", async () => {
  await using taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  for (const name of ["ANTRYK_PORT", "ANTRYK_OPERATIONS_PORT"]) {
    await using other = new Installation({ [name]: String((taken.address() as AddressInfo).port) });
    const { code, stderr } = await other.run("serve");
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`^antryk: can't listen on .*EADDRINUSE.*${name}$`, "m"));
  }
});

test("a missing or foreign keyring stops the start", async () => {
  await using installation = new Installation();
  await installation.caller();
  const keyring = join(installation.folder, "data/keyring.json");
  const kept = readFileSync(keyring);
  unlinkSync(keyring);
  const missing = await installation.run("serve");
  assert.equal(missing.code, 1);
  assert.match(missing.stderr, /keyring .* is missing/);
  assert.throws(() => statSync(keyring), "no new keyring is made beside data");
  writeFileSync(keyring, "{}", { mode: 0o600 });
  assert.match((await installation.run("key", "list")).stderr, /is not a keyring/);
  writeFileSync(keyring, kept);
  assert.equal((await installation.run("doctor")).code, 0);
});

test("a keyring that lacks a key in use stops every command; rotation keeps old codes valid", async () => {
  await using installation = new Installation();
  const caller = await installation.caller();
  const keyringPath = join(installation.folder, "data/keyring.json");
  let text = "";
  {
    await using server = await installation.serveHere();
    assert.equal((await send(server, caller)).status, 200);
    const { messages } = (await (await fetch(`${server.operationsUrl}/sandbox/messages`)).json()) as {
      messages: { text: string }[];
    };
    text = messages[0]?.text ?? "";
  }

  const { keyId = "" } = await installation.json("keyring", "add");
  await installation.json("keyring", "promote", keyId);
  assert.equal(modeOf(keyringPath), 0o600);
  const keys = (await installation.json("keyring", "list")).keys as unknown as { id: string; status: string }[];
  assert.deepEqual(
    keys.map(({ status }) => status),
    ["accepted", "primary"],
  );
  const tooSoon = await installation.run("keyring", "remove", keys[0]?.id ?? "");
  assert.match(tooSoon.stderr, /may still be asked for until/);

  const file = JSON.parse(readFileSync(keyringPath, "utf8")) as { keys: object[] };
  writeFileSync(keyringPath, JSON.stringify({ ...file, keys: file.keys.slice(1) }));
  assert.match((await installation.run("key", "list")).stderr, /lacks k_/);
  writeFileSync(keyringPath, JSON.stringify(file));

  await using second = await installation.serveHere();
  const headers = {
    "content-type": "application/json",
    "x-access-key": caller.accessKey,
    "x-secret-key": caller.secretKey,
  };
  const otp = /\d{6}/.exec(text)?.[0];
  const reply = await fetch(`${second.baseUrl}/api/v1/sms/verify-otp`, {
    method: "POST",
    headers,
    body: JSON.stringify({ to, serviceId: caller.serviceId, otp }),
  });
  assert.equal(((await reply.json()) as { data: { valid: boolean } }).data.valid, true);
});

test("commands that need an installation do not make one at a mistyped path", async () => {
  await using installation = new Installation();
  const { code, stderr } = await installation.run("key", "list");
  assert.equal(code, 1);
  assert.match(stderr, /there is no store at .*antryk init/);
  assert.throws(() => statSync(join(installation.folder, "data")));
});

test("doctor and schema upgrade show the state of an installation", async () => {
  await using installation = new Installation();
  const before = await installation.run("doctor");
  assert.equal(before.code, 1);
  const upgraded = await installation.json("schema", "upgrade");
  assert.equal(Number(upgraded.schema) >= 1, true);
  assert.throws(() => statSync(join(installation.folder, "data/keyring.json")), "a schema needs no keyring");
  await installation.caller();
  const after = await installation.json("doctor");
  assert.equal(after.healthy as unknown, true);

  const keyring = join(installation.folder, "data/keyring.json");
  writeFileSync(keyring, "{}");
  assert.match((await installation.run("doctor")).stdout, /FAIL {2}keyring +\S+keyring\.json is not a keyring/);
  await using foreign = new Installation({ ANTRYK_DATABASE_URL: `sqlite:${keyring}` });
  assert.match((await foreign.run("doctor")).stdout, /FAIL {2}store .*can't be opened: file is not a database/);
});

test("help lists every variable, and every command has help", async () => {
  await using installation = new Installation();
  const { stdout, code } = await installation.run("--help");
  assert.equal(code, 0);
  for (const name of Object.keys(configVariables)) assert.ok(stdout.includes(name), name);
  for (const command of [
    "serve",
    "init",
    "account",
    "key",
    "service",
    "keyring",
    "inbox",
    "unlock",
    "erase",
    "backup",
    "doctor",
    "gateway",
    "provider",
    "schema",
    "move",
  ]) {
    assert.match(stdout, new RegExp(`^  ${command}`, "m"));
    assert.equal((await installation.run(command, "--help")).code, 0);
  }
});

test("on a Node that is too old the command finds the one npm brought, or says so in one line", () => {
  const folder = mkdtempSync(join(tmpdir(), "antryk-old-"));
  cpSync(new URL("../../bin", import.meta.url).pathname, join(folder, "bin"), { recursive: true });
  mkdirSync(join(folder, "src"));
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  writeFileSync(
    join(folder, "src/main.ts"),
    "export async function main() { console.log('ran', process.versions.node); }",
  );
  const old = join(folder, "old.mjs");
  writeFileSync(
    old,
    "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.0' } });",
  );
  const run = () =>
    execFileSync(process.execPath, ["--import", old, join(folder, "bin/antryk.js")], {
      encoding: "utf8",
      stdio: "pipe",
    });

  assert.throws(
    run,
    (fault: { status: number; stderr: string }) =>
      fault.status === 1 && /^antryk needs Node.js 24 or newer[^\n]*\n$/.test(fault.stderr),
  );
  mkdirSync(join(folder, "node_modules/.bin"), { recursive: true });
  writeFileSync(join(folder, "node_modules/.bin/node"), `#!/bin/sh\nexec ${process.execPath} "$@"\n`, { mode: 0o755 });
  assert.match(run(), /^ran 2[4-9]/);
  rmSync(folder, { recursive: true });
});

test("a service is made for countries, or for all of them on purpose", async () => {
  await using installation = new Installation();
  const { accountId = "" } = await installation.json("account", "create", "test");
  const create = ["service", "create", "--account", accountId, "--name", "N"];
  const without = await installation.run(...create);
  assert.equal(without.code, 2);
  assert.match(without.stderr, /--countries IN,US .*--countries all on purpose/);
  const unknown = await installation.run(...create, "--countries", "UK");
  assert.equal(unknown.code, 1);
  assert.match(unknown.stderr, /no number is of "UK" \(ISO 3166-1 alpha-2, such as GB\)/);
  for (const [given, shown] of [
    ["in, us,IN", "IN,US"],
    ["all", "all"],
  ] as const) {
    const { serviceId = "" } = await installation.json(...create, "--countries", given);
    assert.equal((await installation.json("service", "show", serviceId)).countries, shown);
  }
});

test("an account has a cap from the start, unless it is switched off", async () => {
  await using installation = new Installation();
  await installation.json("init");
  await installation.json("account", "create", "capped");
  await installation.json("account", "create", "open", "--limit", "off");
  const { accounts } = (await installation.json("account", "list")) as unknown as { accounts: { limit: string }[] };
  assert.deepEqual(
    accounts.map(({ limit }) => limit),
    ["1000/1h, 5000/1d", "1000/1h, 5000/1d", "off"],
  );
});

test("numbers are blocked and allowed, for a time or for good, and taken off the lists", async () => {
  await using installation = new Installation();
  const { serviceId = "" } = await installation.json("init");
  for (const [flags, says] of [
    [["add", "9198760"], /neither a number nor what numbers begin with: write \+ and 1 to 15 digits/],
    [["add", "+9198760", "--service", randomUUID()], /there is no service/],
    [["remove", "+9198760"], /there is no such entry: "antryk block list" shows them/],
  ] as const) {
    const refused = await installation.run("block", ...flags);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, says);
  }
  assert.equal((await installation.run("block", "add", "+1", "--until", "2001-01-01")).code, 2);
  await installation.json("block", "add", "+9198760", "--until", "6h", "--reason", "pumped");
  await installation.json("block", "add", "+9198760", "--service", serviceId);
  await installation.json("allow", "add", "+919876543210");
  await installation.json("allow", "add", "+919876543210", "--reason", "our tester");
  const list = async (name: string) =>
    ((await installation.json(name, "list")) as unknown as { entries: Record<string, string>[] }).entries;
  const [first, second, ...more] = await list("block");
  assert.deepEqual([first?.match, first?.service, first?.reason], ["+9198760", "all services", "pumped"]);
  assert.match(first?.until ?? "", /^until 20/);
  assert.deepEqual([second?.service, second?.until, second?.reason, more], [serviceId, "for good", null, []]);
  assert.deepEqual(
    (await list("allow")).map(({ match, reason }) => [match, reason]),
    [["+919876543210", "our tester"]],
  );
  await installation.json("block", "remove", "+9198760", "--service", serviceId);
  assert.equal((await list("block")).length, 1);
  await installation.json("block", "remove", "+9198760");
  assert.deepEqual(await list("block"), []);
  assert.match((await installation.run("block", "list")).stdout, /None yet: "antryk block add/);
});
