/**
 * What it costs to find a number's story in a large history, and what the index for it costs a row of history. Both
 * engines, in this process.
 */
import { randomInt, randomUUID } from "node:crypto";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { run, startPostgres } from "@antryk/testkit/postgres";
import { newVerificationId, uuidFloor } from "../../../packages/server/src/model/ids.ts";
import { bucketOf, type RecipientKey } from "../../../packages/server/src/model/recipient.ts";
import type { Engine } from "../../../packages/server/src/store/engine.ts";
import { openPostgresEngine } from "../../../packages/server/src/store/postgres/open.ts";
import { parseTarget } from "../../../packages/server/src/store/postgres/target.ts";
import { hash48 } from "../../../packages/server/src/store/rules/kinds.ts";
import { searchOver } from "../../../packages/server/src/store/search.ts";
import { openSqliteEngine } from "../../../packages/server/src/store/sqlite/open.ts";
import { removeFolder, temporaryFolder } from "../processes/cleanup.ts";
import { fixed, table } from "../report/table.ts";

/** Ended verifications of 29 days. */
const rows = 2_000_000;
const dayMs = 86_400_000;
const days = 29;
const searches = 300;
/** Rows that are written to see what the index costs, and how many together, as a sweep does. */
const writes = 100_000;
const together = 500;
const settings = ["shared_buffers=256MB", "max_wal_size=4GB"];
const accountId = randomUUID();
const serviceId = randomUUID();
const state = `verified 0 5 1767225600000 1767225900000 1767225620000\u001f[{"at":"2026-01-01T00:00:00.000Z","operation":"send-otp","gateway":"sandbox","outcome":"accepted","messageId":"msg_0","durationMs":12}]`;

interface SearchFigures {
  readonly engine: string;
  /** All of a number, and a page of the newest of all; median and 99th percentile, ms. */
  readonly numberMs: readonly [number, number];
  readonly newestMs: readonly [number, number];
  /** Time to write a row of history, µs; without the index: what it was. */
  readonly writeUs: number;
  readonly writeWithoutUs: number;
}

interface Ended {
  readonly key: RecipientKey;
  readonly id: string;
}

/** How a history is written apart from calls. */
interface Table {
  insert(ended: readonly Ended[]): Promise<void>;
  dropIndex(): Promise<void>;
}

export async function runSearch(progress: (text: string) => void): Promise<{ data: object; text: string }> {
  const figures = [await overSqlite(progress), await overPostgres(progress)];
  const head = `node ${process.version}; a history of ${rows} ended verifications, ${searches} searches of each kind`;
  const pair = ([median, p99]: readonly [number, number]) => `${fixed(median, 2)} / ${fixed(p99, 2)}`;
  const lines = figures.map((each) => [
    each.engine,
    pair(each.numberMs),
    pair(each.newestMs),
    fixed(each.writeUs, 1),
    fixed(each.writeWithoutUs, 1),
  ]);
  const columns = [
    "engine",
    "a number, ms (median / p99)",
    "the newest page, ms",
    "a row written, µs",
    "without index",
  ];
  return { data: { node: process.version, rows, figures }, text: `${head}\n\n${table(columns, lines)}` };
}

async function overSqlite(progress: (text: string) => void): Promise<SearchFigures> {
  const folder = temporaryFolder();
  const path = join(folder, "antryk.db");
  const engine = openSqliteEngine({ path });
  const db = new DatabaseSync(path);
  db.exec("PRAGMA synchronous = FULL; PRAGMA cache_size = -16000; PRAGMA wal_autocheckpoint = 4000");
  const insert = db.prepare("INSERT INTO history VALUES (?, ?, ?, 'sms', ?, ?)");
  try {
    return await measure(engine, progress, {
      async insert(ended) {
        db.exec("BEGIN");
        for (const { key, id } of ended) insert.run(id, accountId, serviceId, key.recipient, state);
        db.exec("COMMIT");
      },
      async dropIndex() {
        db.exec("DROP INDEX history_bucket");
      },
    });
  } finally {
    db.close();
    await engine.close();
    removeFolder(folder);
  }
}

async function overPostgres(progress: (text: string) => void): Promise<SearchFigures> {
  await using server = await startPostgres({ settings });
  await using database = await server.database();
  const engine = await openPostgresEngine({ target: parseTarget(database.url) });
  const today = Math.floor(Date.now() / dayMs);
  for (let day = today - days - 1; day < today; day += 1) {
    const name = `history_${new Date(day * dayMs).toISOString().slice(0, 10).replaceAll("-", "")}`;
    const floor = (ms: number) => `${uuidFloor(ms)}-0000-0000-000000000000`;
    await run(
      database.url,
      `SELECT antryk.make_history_day('${name}', '${floor(day * dayMs)}', '${floor((day + 1) * dayMs)}')`,
    );
  }
  const pg = new (await import("pg")).default.Client({ connectionString: database.url });
  await pg.connect();
  try {
    return await measure(engine, progress, {
      async insert(ended) {
        await pg.query(
          `INSERT INTO antryk.history (account_id, service_id, verification_id, bucket, channel, recipient, state)
           SELECT $1, $2, v, b, 'sms', r, $3 FROM unnest($4::uuid[], $5::smallint[], $6::text[]) AS u (v, b, r)`,
          [
            accountId,
            serviceId,
            state,
            ended.map(({ id }) => id),
            ended.map(({ key }) => bucketOf(key.hash)),
            ended.map(({ key }) => key.recipient),
          ],
        );
      },
      async dropIndex() {
        await pg.query("DROP INDEX antryk.history_number, antryk.history_time");
      },
    });
  } finally {
    await pg.end();
    await engine.close();
  }
}

async function measure(engine: Engine, progress: (text: string) => void, history: Table): Promise<SearchFigures> {
  const until = Date.now() - dayMs;
  const from = until - days * dayMs;
  const some: RecipientKey[] = [];
  for (let first = 0; first < rows; first += together * 4) {
    if (first % 500_000 === 0) progress(`${engine.name}: ${first} of ${rows} rows`);
    const page = Array.from({ length: together * 4 }, (_, n) => endedAt(from + ((first + n) * (until - from)) / rows));
    await history.insert(page);
    const [one] = page;
    if (one && some.length < searches) some.push(one.key);
  }
  const store = searchOver(engine);
  const timesOf = async (search: (index: number) => Promise<unknown>): Promise<readonly [number, number]> => {
    const times: number[] = [];
    for (let n = 0; n < searches; n += 1) {
      const begun = performance.now();
      await search(n);
      times.push(performance.now() - begun);
    }
    times.sort((a, b) => a - b);
    return [times[Math.floor(searches / 2)] ?? 0, times[Math.floor(searches * 0.99)] ?? 0];
  };
  progress(`${engine.name}: searches`);
  const numberMs = await timesOf(async (n) => {
    const key = some[n % some.length] as RecipientKey;
    const number = { channel: "sms", recipient: key.recipient, keys: [key], reducedHash: Buffer.alloc(32) } as const;
    const { found } = await store.search({ number, limit: 50 });
    if (found.length === 0) throw new Error("a number that is there was not found");
  });
  const newestMs = await timesOf(() => store.search({ limit: 50 }));
  const write = async () => {
    const begun = performance.now();
    for (let n = 0; n < writes; n += together)
      await history.insert(Array.from({ length: together }, (_, at) => endedAt(until + n + at)));
    return ((performance.now() - begun) * 1000) / writes;
  };
  progress(`${engine.name}: rows are written`);
  const writeUs = await write();
  await history.dropIndex();
  return { engine: engine.name, numberMs, newestMs, writeUs, writeWithoutUs: await write() };
}

/** A number that was verified at about that time, Unix ms. */
function endedAt(at: number): Ended {
  const recipient = `+91${randomInt(6_000_000_000, 10_000_000_000)}`;
  const key = { accountId, serviceId, channel: "sms", recipient, hash: hash48(recipient) } as const;
  return { key, id: newVerificationId(Math.floor(at), bucketOf(key.hash)) };
}
