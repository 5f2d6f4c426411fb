/** What is asked of the history goes by an index, also if the statistics are old or there are none. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, test } from "node:test";
import { run, startPostgres } from "@antryk/testkit/postgres";
import { Caller, keyFor, macOf, ttlMs } from "@antryk/testkit/store/harness";
import pg from "pg";
import { uuidFloor } from "../../model/ids.ts";
import { ManualClock } from "../clock.ts";
import { newestOf } from "../schema.ts";
import { Connections } from "./connections.ts";
import { byIndex, eraseSql, idsOfSql, newestOfNumberSql, newestSql, oldestSql, reduceSql } from "./history-queries.ts";
import { postgresSchema, upgradeSchema } from "./schema.ts";
import { parseTarget } from "./target.ts";

const server = await startPostgres();
after(() => server[Symbol.asyncDispose]());

const day = 24 * 3_600_000;
const start = Date.UTC(2026, 0, 10, 12);
const floor = (ms: number) => `${uuidFloor(ms)}-0000-0000-000000000000`;

/** `perDay` rows in each of the days before `start`, of random numbers and buckets. */
async function fill(url: string, days: number, perDay: number): Promise<void> {
  for (let n = 1; n <= days; n += 1)
    await run(
      url,
      `INSERT INTO antryk.history (account_id, service_id, verification_id, bucket, channel, recipient, state)
       SELECT gen_random_uuid(), gen_random_uuid(),
         (left(m, 8) || substr(m, 9, 4) || '7' || lpad(to_hex(b), 3, '0') || '8' || substr(md5(i::text || m), 1, 15))::uuid,
         b, 'sms', '+9198' || lpad((random() * 1e8)::int::text, 8, '0'), 'verified 0 5 1 2 3' || chr(31) || '[]'
       FROM (SELECT i, lpad(to_hex(${start - n * day} + i), 12, '0') AS m, (random() * 4095)::int AS b
         FROM generate_series(1, ${perDay}) AS i) AS rows`,
    );
}

async function plansOf(url: string, statements: readonly (readonly [string, unknown[]])[]): Promise<string[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query("BEGIN");
    await client.query(byIndex);
    const plans: string[] = [];
    for (const [text, values] of statements) {
      const { rows } = await client.query<Record<string, string>>(`EXPLAIN ${text}`, values);
      plans.push(rows.map((row) => row["QUERY PLAN"]).join("\n"));
    }
    return plans;
  } finally {
    await client.end();
  }
}

async function madeDays(url: string): Promise<void> {
  for (let n = 0; n <= 6; n += 1) {
    const name = `history_${new Date(start - n * day).toISOString().slice(0, 10).replaceAll("-", "")}`;
    const first = Math.floor((start - n * day) / day) * day;
    await run(url, `SELECT antryk.make_history_day('${name}', '${floor(first)}', '${floor(first + day)}')`);
  }
}

for (const isAnalyzed of [true, false])
  test(`no table of the history is read as a whole; statistics: ${isAnalyzed ? "fresh" : "none"}`, async () => {
    await using database = await server.database(new ManualClock(start));
    await madeDays(database.url);
    await fill(database.url, 5, 4_000);
    if (isAnalyzed) await run(database.url, "ANALYZE");
    const page = await run(database.url, "SELECT bucket, verification_id AS id FROM antryk.history LIMIT 500");
    const buckets = page.map(({ bucket }) => bucket);
    const ids = page.map(({ id }) => String(id)).sort();
    const hashes = ids.map(() => macOf("hash"));
    const plans = await plansOf(database.url, [
      [oldestSql, [floor(0), floor(start - 2 * day), 500]],
      [reduceSql, [ids[0], ids.at(-1), buckets, ids, hashes, ids]],
      [idsOfSql, [[1, 2, 3], "+919876543210", macOf("hash")]],
      [eraseSql, [buckets, ids]],
      [newestSql, [floor(0), floor(start), 100]],
      [newestOfNumberSql, [floor(0), floor(start), 100, [1, 2, 3], "+919876543210", macOf("hash"), null]],
    ]);
    for (const plan of plans) {
      assert.doesNotMatch(plan, /Seq Scan/, plan);
      assert.match(plan, /Index (Only )?Scan|Bitmap Index Scan/, plan);
    }
    assert.match(plans[0] ?? "", /verification_id_idx|_time/, plans[0]);
    assert.match(plans[2] ?? "", /bucket_recipient_idx|_number/, plans[2]);
  });

test("an upgrade makes the index day by day while rows are written, and days that come later have it", async () => {
  await using database = await server.emptyDatabase();
  const connections = new Connections(
    { ...parseTarget(database.url), connectTimeoutMs: 60_000, statementTimeoutMs: 60_000 },
    2,
  );
  await upgradeSchema(connections, postgresSchema.slice(0, 4));
  await madeDays(database.url);
  await fill(database.url, 5, 500);
  // What a try that was cut off has left.
  await run(database.url, "CREATE INDEX history_other_number ON antryk.history_other (bucket)");
  // A writer whose transaction is open: a plain index would wait for it, and everybody else behind that.
  const writer = new pg.Client({ connectionString: database.url });
  await writer.connect();
  await writer.query("BEGIN; LOCK TABLE antryk.history IN ROW EXCLUSIVE MODE");
  const upgraded = upgradeSchema(connections);
  await run(database.url, "DELETE FROM antryk.history WHERE bucket = 7");
  await writer.query("COMMIT");
  await writer.end();
  assert.equal((await upgraded).length, newestOf(postgresSchema) - 4);
  const later = Math.floor((start + day) / day) * day;
  await run(
    database.url,
    `SELECT antryk.make_history_day('history_20260111', '${floor(later)}', '${floor(later + day)}')`,
  );
  const [found] = await run(
    database.url,
    `SELECT count(*)::int AS parts, bool_and(x.indisvalid) AS valid FROM pg_partition_tree('antryk.history_number') t
       JOIN pg_index x ON x.indexrelid = t.relid`,
  );
  assert.deepEqual(found, { parts: 10, valid: true }, "the whole, seven days, another one, and what no day takes");
  await connections.close();
});

test("reduction goes on page by page, also past rows that come late", async () => {
  const clock = new ManualClock(start);
  await using database = await server.database(clock);
  const store = await database.open({ clock });
  const accountId = randomUUID();
  const send = (n: number) => new Caller(store, keyFor(accountId, accountId, `+9198765${10_000 + n}`)).send("1");
  for (let n = 0; n < 30; n += 1) await send(n);
  clock.advance(ttlMs + 3 * day);
  const keeping = { identifiedMs: 2 * day, reducedMs: 30 * day, reduce: () => ({ hash: macOf("x"), masked: "+9" }) };
  for (let step = 0; step < 12; step += 1) await store.sweep(7, keeping);
  const sizes = async () => {
    const { history, reducedHistory } = await store.sizes();
    return [history, reducedHistory];
  };
  assert.deepEqual(await sizes(), [0, 30]);
  await run(
    database.url,
    `INSERT INTO antryk.history (account_id, service_id, verification_id, bucket, channel, recipient, state)
     SELECT account_id, service_id, overlay(verification_id::text PLACING 'abcdef' FROM 31)::uuid, bucket, channel, '+1', state
       FROM antryk.history_reduced ORDER BY verification_id LIMIT 3`,
  );
  await store.sweep(7, keeping);
  assert.deepEqual(await sizes(), [0, 33]);
  await store.close();
});
