/** `antryk move` from SQLite to PostgreSQL, killed in the middle and run again; and back. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { copyFileSync, existsSync, statSync, utimesSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, test } from "node:test";
import { run, startPostgres } from "@antryk/testkit/postgres";
import { Installation, type RunningServer } from "@antryk/testkit/process";
import { startReceiver } from "@antryk/testkit/receiver";
import { until } from "@antryk/testkit/until";
import { readKeyring } from "../../src/keyring/file.ts";
import { Keyring } from "../../src/keyring/keyring.ts";
import { newVerificationId } from "../../src/model/ids.ts";
import { bucketOf } from "../../src/model/recipient.ts";

const postgres = await startPostgres();
after(() => postgres[Symbol.asyncDispose]());

type Caller = Awaited<ReturnType<Installation["caller"]>>;

async function post(
  server: RunningServer,
  { accessKey, secretKey, serviceId }: Caller,
  operation: string,
  body: object,
  headers = {},
) {
  const reply = await fetch(`${server.baseUrl}/api/v1/sms/${operation}`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-access-key": accessKey, "x-secret-key": secretKey, ...headers },
    body: JSON.stringify({ serviceId, ...body }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: replies of every shape
  return { status: reply.status, headers: reply.headers, body: (await reply.json()) as any };
}

/** Ended verifications of the last weeks, a minute apart, as a store in use has. */
function fillHistory(path: string, { accountId, serviceId }: Caller, rows: number): void {
  const file = readKeyring(join(dirname(path), "keyring.json"));
  const keyring = new Keyring(file ?? assert.fail("there is no keyring"));
  const db = new DatabaseSync(path);
  const from = Date.now() - 20 * 86_400_000;
  const insert = db.prepare(
    `INSERT INTO history (verification_id, account_id, service_id, channel, recipient, state)
     VALUES (?, ?, ?, 'sms', ?, ? || char(31) || '[]')`,
  );
  db.exec("BEGIN");
  for (let n = 0; n < rows; n += 1) {
    const at = from + n * 60_000;
    const to = `+9198${10_000_000 + n}`;
    const id = newVerificationId(at, bucketOf(keyring.placeOf(accountId, "sms", to)));
    insert.run(id, accountId, serviceId, to, `verified 0 5 ${at} ${at + 300_000} ${at + 5_000}`);
  }
  db.exec("COMMIT");
  db.close();
}

test("a move that is killed goes on where it stopped; codes, limits, stored replies and history are as they were, there and back", async () => {
  const history = 25_000;
  await using database = await postgres.database();
  await using receiver = await startReceiver();
  await using installation = new Installation();
  const caller = await installation.caller(
    "--provider",
    "http",
    "--http-url",
    receiver.url,
    "--service-limit",
    "2000/1h,40/1d",
    "--ttl",
    "600",
    "--code-length",
    "10",
  );
  const path = join(installation.folder, "data/antryk.db");
  const server = await installation.serve();
  const [pending, locked, used, keyed] = ["+919876543210", "+919876543211", "+919876543212", "+919876543213"] as const;
  for (const to of [pending, locked, used]) assert.equal((await post(server, caller, "send-otp", { to })).status, 200);
  const first = await post(server, caller, "send-otp", { to: keyed }, { "idempotency-key": "k" });
  const wrong = "0000000000";
  for (let n = 0; n < 5; n += 1) await post(server, caller, "verify-otp", { to: locked, otp: wrong });
  await post(server, caller, "verify-otp", { to: used, otp: receiver.codes(used)[0] });
  await post(server, caller, "verify-otp", { to: pending, otp: wrong });

  const flags = ["move", "--from", `sqlite:${path}`, "--to", database.patientUrl] as const;
  const inUse = await installation.run(...flags);
  assert.deepEqual([inUse.code, /is in use: stop its server/.test(inUse.stderr)], [1, true], inUse.stderr);
  await server.kill("SIGTERM");
  fillHistory(path, caller, history);

  await holdAfter(database.url, 1_000);
  await killWhenHeld(database.url, installation.folder, flags);
  const [{ n: partly } = { n: 0 }] = await run(database.url, "SELECT count(*) AS n FROM antryk.history");
  assert.ok(Number(partly) > 0 && Number(partly) < history, `${partly} rows at the kill`);

  // Back to the old store for a while: what has been moved of it is not what it is now.
  const past = join(installation.folder, "past.db");
  copyFileSync(path, past);
  const { atimeMs, mtimeMs } = statSync(path);
  const back = await installation.serve();
  assert.equal((await post(back, caller, "verify-otp", { to: pending, otp: wrong })).body.data.attemptsRemaining, 3);
  await back.kill("SIGTERM");
  const changed = await installation.run(...flags);
  assert.deepEqual([changed.code, /was written since the move began/.test(changed.stderr)], [1, true], changed.stderr);
  copyFileSync(past, path);
  utimesSync(path, atimeMs / 1000, mtimeMs / 1000);

  const report = await installation.json(...flags);
  const tables = report.tables as unknown as Record<string, number>;
  // An account, its key and a service; four recipients, and the claim and reply of one key; each send counts in two limits.
  // What is known of traffic is stored when there is enough of it.
  const [items] = await run(database.url, "SELECT count(*) AS n FROM antryk.item WHERE substr(key, 1, 1) <> 't'");
  assert.deepEqual(
    [report.resumed as unknown, tables.history, Number(items?.n), tables.document, tables.counter],
    [true, history, 6, 3, 8],
  );
  const partitions = await run(database.url, "SELECT count(*) AS n FROM antryk.history_other");
  assert.equal(Number(partitions[0]?.n), 0, "every day has its partition");
  const twice = await installation.run(...flags);
  assert.deepEqual([twice.code, /holds data already/.test(twice.stderr)], [1, true], twice.stderr);

  await using moved = new Installation({
    ANTRYK_DATABASE_URL: database.patientUrl,
    ANTRYK_KEYRING: join(installation.folder, "data/keyring.json"),
  });
  const now = await moved.serve();
  const replayed = await post(now, caller, "send-otp", { to: keyed }, { "idempotency-key": "k" });
  assert.deepEqual(
    [replayed.headers.get("idempotency-replayed"), replayed.body.data.verificationId],
    ["true", first.body.data.verificationId],
  );
  const tried = await post(now, caller, "verify-otp", { to: pending, otp: wrong });
  assert.equal(tried.body.data.attemptsRemaining, 3, "the wrong code from before the move counts");
  assert.equal((await post(now, caller, "send-otp", { to: pending })).status, 409);
  assert.equal(
    (await post(now, caller, "verify-otp", { to: pending, otp: receiver.codes(pending)[0] })).body.data.valid,
    true,
  );
  assert.equal((await post(now, caller, "verify-otp", { to: locked, otp: receiver.codes(locked)[0] })).status, 429);
  assert.equal((await post(now, caller, "verify-otp", { to: used, otp: receiver.codes(used)[0] })).status, 404);
  await now.kill("SIGTERM");

  const backPath = join(installation.folder, "back.db");
  const returned = await moved.json("move", "--from", database.patientUrl, "--to", `sqlite:${backPath}`);
  assert.equal((returned.tables as unknown as Record<string, number>).history, history);
  await using again = new Installation({
    ANTRYK_DATABASE_URL: `sqlite:${backPath}`,
    ANTRYK_KEYRING: join(installation.folder, "data/keyring.json"),
  });
  const last = await again.serve();
  const replayedAgain = await post(last, caller, "send-otp", { to: keyed }, { "idempotency-key": "k" });
  assert.equal(replayedAgain.body.data.verificationId, first.body.data.verificationId);
  assert.equal(
    (await post(last, caller, "verify-otp", { to: keyed, otp: receiver.codes(keyed)[0] })).body.data.valid,
    true,
  );
  assert.equal((await post(last, caller, "verify-otp", { to: locked, otp: receiver.codes(locked)[0] })).status, 429);
});

/** From this many moved rows of the part on, the next ones wait: the move is in the middle for as long as the test needs. */
async function holdAfter(url: string, rows: number, part = "history", table = "history"): Promise<void> {
  await run(
    url,
    `CREATE FUNCTION test_hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
       IF (SELECT coalesce(max(rows), 0) FROM antryk.move_progress WHERE name = '${part}') >= ${rows} THEN PERFORM pg_sleep(3600); END IF;
       RETURN NULL;
     END $$`,
  );
  await run(
    url,
    `CREATE TRIGGER test_hold BEFORE INSERT ON antryk.${table} FOR EACH STATEMENT EXECUTE FUNCTION test_hold()`,
  );
}

const held = "FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'";

/** Ends what waits, as PostgreSQL does by itself once it finds that its client is gone. */
async function letGo(url: string): Promise<void> {
  await run(url, `SELECT pg_terminate_backend(pid) ${held}`);
  await until(async () => (await run(url, `SELECT 1 ${held}`)).length === 0, {
    what: "the connections end",
    everyMs: 20,
  });
  await run(url, "DROP FUNCTION test_hold CASCADE");
}

/** The command in a process that is killed once the database holds it back. */
async function killWhenHeld(url: string, folder: string, flags: readonly string[]): Promise<void> {
  const bin = new URL("../../bin/antryk.js", import.meta.url).pathname;
  const child = spawn(process.execPath, [bin, ...flags], { stdio: "ignore", cwd: folder });
  const ended = new Promise((resolve) => child.once("exit", (_code, signal) => resolve(signal)));
  const isHeld = async (): Promise<boolean> => {
    assert.equal(child.exitCode, null, "it ended before it was killed");
    return (await run(url, `SELECT 1 ${held}`)).length > 0;
  };
  await until(isHeld, { what: "the move is held back", everyMs: 20 });
  child.kill("SIGKILL");
  assert.equal(await ended, "SIGKILL");
  await letGo(url);
}

/** Sends and verifies, one after the other, until it is stopped; returns what was answered otherwise than in peace. */
function load(server: RunningServer, caller: Caller, codes: (to: string) => string[]) {
  let rounds = 0;
  let stopped = false;
  const wrong: string[] = [];
  const running = (async () => {
    for (; !stopped; rounds += 1) {
      const to = `+9197${10_000_000 + rounds}`;
      const sent = await post(server, caller, "send-otp", { to });
      const verified = await post(server, caller, "verify-otp", { to, otp: codes(to)[0] });
      if (sent.status !== 200 || verified.body.data?.valid !== true)
        wrong.push(`${sent.status} ${JSON.stringify(verified.body)}`);
    }
  })();
  return {
    rounds: () => rounds,
    async stop() {
      stopped = true;
      await running;
      return wrong;
    },
  };
}

test("servers run while older history is behind; killed in both phases, the move goes on where it stopped", async () => {
  const history = 12_000;
  await using database = await postgres.database();
  await using receiver = await startReceiver();
  await using installation = new Installation();
  const caller = await installation.caller("--provider", "http", "--http-url", receiver.url, "--code-length", "10");
  await installation.json("account", "update", caller.accountId, "--limit", "off");
  const path = join(installation.folder, "data/antryk.db");
  const server = await installation.serve();
  const to = "+919876543210";
  assert.equal((await post(server, caller, "send-otp", { to })).status, 200);
  await server.kill("SIGTERM");
  fillHistory(path, caller, history);

  const flags = ["move", "--from", `sqlite:${path}`, "--to", database.patientUrl] as const;
  await using moved = new Installation({
    ANTRYK_DATABASE_URL: database.patientUrl,
    ANTRYK_KEYRING: join(installation.folder, "data/keyring.json"),
  });
  await holdAfter(database.url, 0, "item", "item");
  await killWhenHeld(database.url, installation.folder, flags);
  for (const command of [["serve"], ["doctor"]]) {
    const { code, stdout, stderr } = await moved.runProcess(...command);
    assert.notEqual(code, 0);
    assert.match(stdout + stderr, /was not finished: run "antryk move" again/);
  }

  await holdAfter(database.url, 3_000);
  await killWhenHeld(database.url, installation.folder, flags);
  const now = await moved.serve();
  assert.equal((await fetch(`${now.baseUrl}/readyz`)).status, 200);
  const work = load(now, caller, receiver.codes);
  assert.equal((await post(now, caller, "verify-otp", { to, otp: receiver.codes(to)[0] })).body.data.valid, true);

  const doctor = await moved.run("doctor");
  assert.equal(doctor.code, 0, doctor.stdout);
  assert.match(doctor.stdout, /^WARN {2}database +a move still brings the older history, 3000 of \d+ rows so far/m);
  const ids = historyOf(path).map(({ id }) => id);
  const statusOf = async (id = "") => {
    const { accessKey, secretKey } = caller;
    const url = `${now.baseUrl}/api/v1/sms/verifications/${id}`;
    return (await fetch(url, { headers: { "x-access-key": accessKey, "x-secret-key": secretKey } })).status;
  };
  assert.deepEqual([await statusOf(ids[0]), await statusOf(ids[4_000])], [200, 404]);
  const [there, missing] = ["+919810000010", "+919810005000"];
  await moved.json("erase", "--to", there);
  await moved.json("erase", "--to", missing);

  const before = work.rounds();
  const report = await moved.json(...flags);
  assert.ok(work.rounds() > before, "requests were served while it moved");
  assert.deepEqual(await work.stop(), []);
  assert.equal((report.tables as unknown as Record<string, number>).history, history);
  const rows = await run(database.url, "SELECT verification_id AS id FROM antryk.history ORDER BY 1");
  const gone = new Set([there, missing]);
  assert.deepEqual(
    rows.map(({ id }) => id),
    historyOf(path).flatMap(({ id, recipient }) => (gone.has(recipient) ? [] : [id])),
  );
  assert.equal(await statusOf(ids[4_000]), 200);
  assert.doesNotMatch((await moved.run("doctor")).stdout, /older history/);
});

function historyOf(path: string): { id: string; recipient: string }[] {
  const db = new DatabaseSync(path, { readOnly: true });
  const rows = db.prepare("SELECT verification_id AS id, recipient FROM history ORDER BY 1").all();
  db.close();
  return rows.map(({ id, recipient }) => ({ id: String(id), recipient: String(recipient) }));
}

test("a slip in the source's path is named, and makes no empty store", async () => {
  await using database = await postgres.database();
  await using installation = new Installation();
  const { code, stderr } = await installation.runProcess(
    "move",
    "--from",
    "sqlite:./typo/antryk.db",
    "--to",
    database.url,
  );
  assert.deepEqual([code, /^antryk: there is no store at .*: --from takes [^\n]*\n$/.test(stderr)], [1, true], stderr);
  assert.ok(!existsSync(join(installation.folder, "typo")));
});
