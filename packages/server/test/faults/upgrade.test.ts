/** Two versions on one database, under load: both serve, or the older one ends before it meets what it must not. */
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { startPostgres } from "@antryk/testkit/postgres";
import { Installation, type RunningServer } from "@antryk/testkit/process";
import { until } from "@antryk/testkit/until";

const postgres = await startPostgres();
after(() => postgres[Symbol.asyncDispose]());

const root = join(import.meta.dirname, "../../../..");

/** A copy of the program whose schema has one change more. */
function nextVersion(sql: string): { readonly command: string } & Disposable {
  const folder = mkdtempSync(join(tmpdir(), "antryk-next-"));
  const copy = join(folder, "packages/server");
  cpSync(join(root, "packages/server"), copy, {
    recursive: true,
    filter: (path) => !/node_modules|\.test\.ts$/.test(path),
  });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  writeFileSync(join(copy, "src/store/postgres/schema/0999_next.sql"), sql);
  return {
    command: join(copy, "bin/antryk.js"),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
}

type Caller = Awaited<ReturnType<Installation["caller"]>>;

async function post(server: RunningServer, caller: Caller, path: string, body: object) {
  const { accessKey, secretKey, serviceId } = caller;
  const reply = await fetch(`${server.baseUrl}/api/v1/sms/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-access-key": accessKey, "x-secret-key": secretKey },
    body: JSON.stringify({ serviceId, ...body }),
  });
  return { status: reply.status, body: (await reply.json()) as { data?: { valid?: boolean } } };
}

async function codeOf(server: RunningServer, to: string): Promise<string> {
  const reply = await fetch(`${server.operationsUrl}/sandbox/messages?to=${encodeURIComponent(to)}`);
  const { messages } = (await reply.json()) as { messages: { text: string }[] };
  return /\d{6}/.exec(messages[0]?.text ?? "")?.[0] ?? "";
}

let numbers = 9_876_500_000;
const newNumber = () => {
  numbers += 1;
  return `+91${numbers}`;
};

/** Sends by one server and verifies by the other. */
async function roundTrip(from: RunningServer, by: RunningServer, caller: Caller): Promise<void> {
  const to = newNumber();
  assert.equal((await post(from, caller, "send-otp", { to })).status, 200);
  const reply = await post(by, caller, "verify-otp", { to, otp: await codeOf(from, to) });
  assert.deepEqual([reply.status, reply.body.data?.valid], [200, true]);
}

test("a change that only adds: the older version serves beside the newer one, and starts again", async () => {
  using next = nextVersion("ALTER TABLE antryk.item ADD COLUMN later text;\n");
  await using database = await postgres.database();
  await using older = new Installation({ ANTRYK_DATABASE_URL: database.patientUrl });
  const env = { ANTRYK_DATABASE_URL: database.patientUrl, ANTRYK_KEYRING: join(older.folder, "data/keyring.json") };
  await using newer = new Installation(env, next.command);
  const caller = await older.caller();
  const first = await older.serve();
  let running = true;
  const load = (async () => {
    while (running) await roundTrip(first, first, caller);
  })();
  assert.match((await newer.run("serve")).stderr, /run "antryk schema upgrade"/);
  const second = await newer.serve("--upgrade-schema");
  await Promise.all(Array.from({ length: 10 }, () => roundTrip(first, second, caller)));
  await Promise.all(Array.from({ length: 10 }, () => roundTrip(second, first, caller)));
  running = false;
  await load;
  assert.equal(await first.kill("SIGTERM"), 0);
  const again = await older.serve();
  await roundTrip(again, second, caller);
  for (const server of [again, second]) assert.equal(await server.kill("SIGTERM"), 0);
});

test("a change that the older version must not meet: it takes no request more, ends, and then the change is made", async () => {
  using next = nextVersion("-- min_writer: 999\nALTER TABLE antryk.message RENAME COLUMN message_id TO name;\n");
  await using database = await postgres.database();
  await using older = new Installation({ ANTRYK_DATABASE_URL: database.patientUrl });
  await using newer = new Installation({ ANTRYK_DATABASE_URL: database.patientUrl }, next.command);
  const caller = await older.caller();
  const server = await older.serve();
  const statuses = new Set<number>();
  let sent = 0;
  let running = true;
  const load = Promise.all(
    Array.from({ length: 4 }, async () => {
      while (running) {
        const reply = await post(server, caller, "send-otp", { to: newNumber() }).catch(() => undefined);
        // The server is gone.
        if (!reply) return;
        statuses.add(reply.status);
        sent += reply.status === 200 ? 1 : 0;
      }
    }),
  );
  await until(() => sent > 20, { what: "sends go through" });
  assert.equal((await newer.run("schema", "upgrade")).code, 0);
  running = false;
  await load;
  assert.equal(await server.exited, 1);
  assert.deepEqual(
    [...statuses].filter((status) => status !== 200 && status !== 503),
    [],
  );
  await older.printed('"event":"store_trouble","trouble":"beyond"');
  assert.ok(!older.output.includes('"event":"fault"'), "no send met the change");
  assert.match((await older.run("serve")).stderr, /only by programs that know schema 999/);
});
