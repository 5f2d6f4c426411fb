/**
 * A standby that lagged is promoted: its timeline is another, and what was done last is lost. Here the function that
 * says the timeline is replaced, and rows are set back by hand; `npm run test:ops` promotes a real standby.
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { run, startPostgres, type TestDatabase } from "@antryk/testkit/postgres";
import { Installation } from "@antryk/testkit/process";
import { Caller, keyFor, leaseMs, newKey } from "@antryk/testkit/store/harness";
import { ManualClock } from "../clock.ts";
import { movedTimeline } from "../rules/failover.ts";

const server = await startPostgres();
after(() => server[Symbol.asyncDispose]());

/** The rows, to set the database back to. */
async function standbyOf({ url }: TestDatabase): Promise<() => Promise<void>> {
  await run(url, "CREATE TABLE IF NOT EXISTS public.then_item AS SELECT * FROM antryk.item");
  return async () => {
    await run(
      url,
      `WITH gone AS (DELETE FROM antryk.item WHERE (bucket, key) NOT IN (SELECT bucket, key FROM public.then_item))
       INSERT INTO antryk.item SELECT * FROM public.then_item
         ON CONFLICT (bucket, key) DO UPDATE SET version = excluded.version, at = excluded.at, state = excluded.state`,
    );
    await onTimeline(url, "99");
  };
}

async function onTimeline(url: string, number: string): Promise<void> {
  await run(
    url,
    `CREATE OR REPLACE FUNCTION antryk.timeline() RETURNS integer LANGUAGE sql VOLATILE SET search_path = antryk, pg_temp
       AS $$ SELECT ${number} $$`,
  );
}

/** What the primary did is remembered as done while a standby was waited for. */
async function wasSynchronous({ url }: TestDatabase): Promise<void> {
  await run(
    url,
    `UPDATE antryk.installation SET timeline = replace(timeline, '"isSynchronous":false', '"isSynchronous":true')`,
  );
}

test("a used code that the promoted standby does not know as used is over: 410, for every process", async () => {
  await using database = await server.database();
  const [store, other] = [await database.open(), await database.open()];
  const caller = new Caller(store);
  const sent = await caller.send("1");
  const promote = await standbyOf(database);
  assert.equal((await caller.verify("1")).kind, "compared");
  await promote();
  assert.deepEqual(await caller.verify("1"), { kind: "expired" });
  assert.deepEqual(await new Caller(other, caller.key).verify("1"), { kind: "expired" });
  const late = await database.open();
  assert.deepEqual(await new Caller(late, caller.key).verify("1"), { kind: "expired" });
  assert.equal((await late.findVerification(caller.key.accountId, sent.verificationId))?.status, "expired");
  assert.deepEqual(await caller.cancel(), { kind: "not_found" });
  assert.deepEqual(await caller.resend(), { kind: "expired" });
  const again = await new Caller(other, caller.key).send("2");
  assert.notEqual(again.verificationId, sent.verificationId);
  const verified = await caller.verify("2");
  assert.ok(verified.kind === "compared" && verified.valid, "what is sent after it works, and once");
  assert.deepEqual(await caller.verify("2"), { kind: "not_found" });
  for (const each of [store, other, late]) await each.close();
});

test("a code of unknown outcome from before is not said again", async () => {
  await using database = await server.database();
  const store = await database.open();
  const caller = new Caller(store);
  const sent = await caller.send("1", "unknown");
  await (await standbyOf(database))();
  const again = await caller.send("2");
  assert.notEqual(again.verificationId, sent.verificationId);
  await store.close();
});

test("an idempotency key: a stored reply is repeated without a send, one under way is not joined", async () => {
  await using database = await server.database(new ManualClock());
  const clock = new ManualClock();
  const store = await database.open({ clock });
  const caller = new Caller(store);
  const claim = caller.claim("stored");
  await caller.send("1", "accepted", { idempotency: claim });
  const dead = new Caller(store);
  const begun = dead.claim("begun");
  assert.equal((await dead.reserve("1", { idempotency: begun })).kind, "reserved");
  await (await standbyOf(database))();
  const repeated = await caller.reserve("2", { idempotency: claim });
  assert.deepEqual(repeated, { kind: "replayed", reply: '{"reply":1}' });
  assert.equal((await dead.reserve("2", { idempotency: begun })).kind, "in_progress", "its message may be leaving now");
  clock.advance(leaseMs);
  const taken = await dead.send("2", "accepted", { idempotency: begun });
  const verified = await dead.verify("2");
  assert.ok(verified.kind === "compared" && verified.valid, "the one message whose code can be right");
  assert.equal(taken.verificationId.length, 36);
  await store.close();
});

test("where commits waited for a standby, codes are kept; the operator's choice comes first", async () => {
  for (const { waited, choice, kept } of [
    { waited: true, choice: undefined, kept: true },
    { waited: true, choice: "end", kept: false },
    { waited: false, choice: "keep", kept: true },
  ] as const) {
    await using database = await server.database();
    const first = await database.open(choice ? { afterFailover: choice } : {});
    const caller = new Caller(first);
    await caller.send("1");
    if (waited) await wasSynchronous(database);
    await onTimeline(database.url, "99");
    assert.equal((await caller.verify("1")).kind, kept ? "compared" : "expired", `${choice}, ${waited}`);
    await first.close();
  }
});

test("a failover while a process decides: its trip is refused, and the verdict is one of the new timeline", async () => {
  await using database = await server.database();
  const store = await database.open();
  const callers = Array.from({ length: 20 }, () => new Caller(store, newKey()));
  for (const caller of callers) await caller.send("1");
  const verified = Promise.all(callers.map((caller) => caller.verify("1")));
  await onTimeline(database.url, "99");
  await verified;
  const after = await Promise.all(callers.map((caller) => caller.verify("1")));
  assert.ok(after.every(({ kind }) => kind === "expired" || kind === "not_found"));
  const others = callers.map(({ key }) => new Caller(store, keyFor(key.accountId, key.serviceId, `${key.recipient}0`)));
  for (const other of others) await other.send("1");
  assert.ok((await Promise.all(others.map((other) => other.verify("1")))).every(({ kind }) => kind === "compared"));
  await store.close();
});

test("a session that was a standby's gives no verdict, and a database that says nothing is not checked", async () => {
  await using database = await server.database();
  const store = await database.open({ callPatienceMs: 300 });
  const caller = new Caller(store);
  await caller.send("1");
  await onTimeline(database.url, "NULL::integer");
  await assert.rejects(caller.verify("2"), /did not answer in time/);
  await onTimeline(database.url, "1");
  assert.equal((await caller.verify("2")).kind, "compared");
  await store.close();
});

test("a role that may not ask for the timeline serves, and doctor says which right it lacks", async () => {
  await using database = await server.database();
  await onTimeline(database.url, "1 / 0");
  const store = await database.open();
  const caller = new Caller(store);
  await caller.send("1");
  assert.equal((await caller.verify("1")).kind, "compared");
  assert.match(
    (await store.warnings()).join("\n"),
    /GRANT EXECUTE ON FUNCTION pg_current_wal_lsn\(\), pg_walfile_name/,
  );
  await store.close();
});

test("what was ended stays ended in a store that was moved", async () => {
  await using database = await server.database();
  const store = await database.open();
  const caller = new Caller(store);
  await caller.send("1");
  await run(database.url, "UPDATE antryk.installation SET timeline = $1", [movedTimeline(store.now() + 1)]);
  const moved = await database.open();
  assert.deepEqual(await new Caller(moved, caller.key).verify("1"), { kind: "expired" });
  await Promise.all([store.close(), moved.close()]);
});

test("over HTTP: 410 otp_expired, then a new code; the log and doctor say why", async () => {
  await using database = await server.database();
  await using installation = new Installation({ ANTRYK_DATABASE_URL: database.patientUrl });
  const caller = await installation.caller();
  await using running = await installation.serveHere();
  const to = "+919876543210";
  const post = async (operation: string, body: object) => {
    const reply = await fetch(`${running.baseUrl}/api/v1/sms/${operation}`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "x-access-key": caller.accessKey,
        "x-secret-key": caller.secretKey,
      },
      body: JSON.stringify({ to, serviceId: caller.serviceId, ...body }),
    });
    return { status: reply.status, body: (await reply.json()) as { errors?: { type: string }[] } };
  };
  assert.equal((await post("send-otp", {})).status, 200);
  await onTimeline(database.url, "99");
  const over = await post("verify-otp", { otp: "000000" });
  assert.deepEqual([over.status, over.body.errors?.[0]?.type], [410, "otp_expired"]);
  assert.equal((await post("send-otp", {})).status, 200);
  assert.match((await installation.run("doctor")).stdout, /WARN.*codes sent before .* are not taken any more/);
});
