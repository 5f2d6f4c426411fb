/**
 * The sweep's commits wait for no disk. Crashes in the middle of a step: each verification is then in its row or in
 * history, never in both and never in none, and the sweep goes on.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Cluster, run, startCluster } from "@antryk/testkit/postgres";
import { Installation } from "@antryk/testkit/process";
import { Caller } from "@antryk/testkit/store/harness";
import { until } from "@antryk/testkit/until";
import { hashIn } from "../../src/model/recipient.ts";
import { ManualClock } from "../../src/store/clock.ts";
import { openPostgresStore } from "../../src/store/postgres/open.ts";
import { parseTarget } from "../../src/store/postgres/target.ts";
import { metRow, recipientKind } from "../../src/store/rules/kinds.ts";
import type { RecipientRow } from "../../src/store/rules/row.ts";

const days = 24 * 3_600_000;
/** More than the first two steps can take. */
const due = 3_000;
const heldStep = 3;

/** A step that writes history stops before its commit, until the gate is gone. */
const gate = `
  CREATE TABLE public.gate ();
  INSERT INTO public.gate DEFAULT VALUES;
  CREATE SEQUENCE public.step;
  CREATE FUNCTION public.wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF nextval('public.step') = ${heldStep} THEN
      WHILE EXISTS (SELECT FROM public.gate) LOOP PERFORM pg_sleep(0.01); END LOOP;
    END IF;
    RETURN NULL;
  END $$;
  CREATE TRIGGER wait AFTER INSERT ON antryk.history FOR EACH STATEMENT EXECUTE FUNCTION public.wait()`;

/** Sends at a time; the ids of their verifications, sorted. */
async function sends(url: string, count: number, at: number): Promise<string[]> {
  const store = await openPostgresStore({
    target: parseTarget(url),
    clock: new ManualClock(at),
    callPatienceMs: 60_000,
  });
  try {
    const reserved = await Promise.all(Array.from({ length: count }, () => new Caller(store).send("1")));
    return reserved.map(({ verificationId }) => verificationId).sort();
  } finally {
    await store.close();
  }
}

/** The ids in recipients' rows and in history, sorted. */
async function kept(url: string): Promise<{ all: string[]; inRows: number; inHistory: number }> {
  const rows = (await run(url, "SELECT bucket, key, state FROM antryk.item")) as unknown as {
    bucket: number;
    key: Buffer;
    state: string;
  }[];
  const inRows = rows.flatMap(({ bucket, key, state }) => {
    const met = metRow(key, hashIn(bucket, 0), state);
    return met?.ref.kind === recipientKind ? ((met.row as RecipientRow).verification?.verificationId ?? []) : [];
  });
  const history = await run(url, "SELECT verification_id AS id FROM antryk.history");
  const all = [...inRows, ...history.map(({ id }) => id as string)].sort();
  return { all, inRows: inRows.length, inHistory: history.length };
}

/** A server on a database of its own whose sweep stands still in the middle of a step. */
async function withHeldSweep(
  work: (given: { cluster: Cluster; url: string; installation: Installation; ids: readonly string[] }) => Promise<void>,
): Promise<void> {
  // What is committed without waiting stays in memory for long, and a crash loses it.
  await using cluster = await startCluster({ settings: ["wal_writer_delay=10s", "wal_writer_flush_after=1GB"] });
  const url = cluster.url("postgres");
  await using installation = new Installation({
    ANTRYK_DATABASE_URL: `${url}?connect_timeout=60&statement_timeout=60000`,
  });
  await installation.caller();
  const ids = await sends(url, due, Date.now() - 3 * days);
  await run(url, gate);
  await work({ cluster, url, installation, ids });
}

/** Resolves once a step has removed its rows and written history, and is not committed. */
async function untilHeld(url: string): Promise<void> {
  const asleep = "SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
  await until(async () => (await run(url, asleep)).length > 0, { what: "a step of the sweep is held", everyMs: 20 });
}

async function untilSwept(url: string, left = 0): Promise<void> {
  const swept = async () => (await kept(url)).inRows === left;
  await until(swept, { what: "what is due is swept", everyMs: 100 });
}

test("kill -9 of the server in the middle of a step: no verification is lost or doubled, and the next server goes on", async () => {
  await withHeldSweep(async ({ url, installation, ids }) => {
    const server = await installation.serve();
    await untilHeld(url);
    assert.equal(await server.kill("SIGKILL"), "SIGKILL");
    // Its connection ends with the statement, which nobody commits.
    await run(url, "DELETE FROM public.gate");
    const sessions = "SELECT FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()";
    await until(async () => (await run(url, sessions)).length === 0, { what: "the server's sessions end" });
    const { all, inRows, inHistory } = await kept(url);
    assert.deepEqual(all, ids);
    assert.ok(inRows > 0 && inHistory > 0, `${inRows} rows, ${inHistory} in history`);
    await installation.serve();
    await untilSwept(url);
    assert.deepEqual((await kept(url)).all, ids);
  });
});

for (const flushed of [false, true])
  test(`a crash of the database in the middle of a step, ${flushed ? "after a send was answered" : "with the steps before it in memory"}: no verification is lost or doubled, and the server goes on`, async () => {
    await withHeldSweep(async ({ cluster, url, installation, ids }) => {
      const server = await installation.serve();
      await untilHeld(url);
      assert.ok((await kept(url)).inHistory > 0, "steps before it are committed");
      // A commit that waits for the disk takes along all that was committed before.
      const wanted = flushed ? [...ids, ...(await sends(url, 1, Date.now()))].sort() : ids;
      await cluster.stop("SIGQUIT");
      await cluster.start();
      const { all, inRows, inHistory } = await kept(url);
      assert.deepEqual(all, wanted);
      assert.ok(inRows > 0 && (!flushed || inHistory > 0), `${inRows} rows, ${inHistory} in history`);
      await run(url, "DELETE FROM public.gate");
      await untilSwept(url, wanted.length - ids.length);
      assert.deepEqual((await kept(url)).all, wanted);
      assert.equal(await server.kill("SIGTERM"), 0);
    });
  });
