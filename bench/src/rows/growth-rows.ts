/** A month of traffic, written straight into the tables: what a store looks like that has been in use. */
import { DatabaseSync } from "node:sqlite";
import { Keyring, readKeyring } from "../../../packages/server/src/keyring/keyring.ts";
import type { Installation } from "../processes/installation.ts";

const dayMs = 86_400_000;
const historyDays = 29;
const rowsPerStep = 250_000;

/** SQL for a UUID v7 of the time `at`, and for an Indian mobile number. */
const id = (at: string) =>
  `printf('%s-%s-7%s-8%s-%s', substr(printf('%012x', ${at}), 1, 8), substr(printf('%012x', ${at}), 9), substr(r, 1, 3), substr(r, 4, 3), substr(r, 7, 12))`;
const number = "910000000000 + 6000000000 + (random() & 0xffffffffff) % 4000000000";
const recipient = `'+' || (${number})`;
const deliveries = `printf('[{"at":"%s","operation":"send-otp","gateway":"sandbox","outcome":"accepted","messageId":"msg_%s_1","durationMs":0}]',
  strftime('%Y-%m-%dT%H:%M:%fZ', at / 1000.0, 'unixepoch'), lower(hex(randomblob(16))))`;

/** Rows `first` to `last` of a series, each with its time `at` and random hexadecimal digits `r`. */
const series = `WITH RECURSIVE n(i) AS (SELECT ?1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2),
  s AS MATERIALIZED (SELECT ?3 + cast(i * ?4 AS INTEGER) AS at, lower(hex(randomblob(10))) AS r FROM n)`;

/** Of the codes sent, most are used, some run out. */
const insertHistory = `INSERT INTO verification_history
  (verification_id, account_id, service_id, recipient, state, attempts, max_attempts, created_at, expires_at, ended_at, deliveries)
  ${series} SELECT ${id("at")}, ?5, ?6, ${recipient}, CASE WHEN at % 7 = 0 THEN 'pending' ELSE 'verified' END,
  0, 5, at, at + 300000, CASE WHEN at % 7 = 0 THEN NULL ELSE at + 20000 END, ${deliveries} FROM s`;

/** The last day's verifications are still with their recipients. */
const insertRecipients = `INSERT INTO recipient
  (account_id, service_id, number, verification_id, state, key_id, nonce, mac, code_length, max_attempts, attempts, created_at, expires_at,
   ended_at, send_no, resend_count, resend_at, deliveries, lease_token, lease_until, before_lease, sends, tries, wrong_until, counters_until)
  ${series} SELECT ?5, ?6, ${number}, ${id("at")}, 'verified', ?7, NULL, NULL, 6, 5, 0, at, at + 300000,
  at + 20000, 1, 0, at + 30000, ${deliveries}, NULL, 0, NULL, printf('[%d]', at), printf('[%d]', at), 0, at + 86400000 FROM s`;

/** Fills the store of an installation whose server does not run. `rows`: ended verifications in the history. */
export function fillHistory(installation: Installation, rows: number, onProgress: (text: string) => void): void {
  const file = readKeyring(installation.keyringPath);
  if (!file) throw new Error("the installation has no keyring");
  const keyId = new Keyring(file).primary.id;
  const { accountId, services } = installation.caller;
  const now = Date.now();
  const db = new DatabaseSync(installation.databasePath);
  const fill = (what: string, sql: string, count: number, from: number, until: number, more: readonly string[]) => {
    const statement = db.prepare(sql);
    for (let first = 0; first < count; first += rowsPerStep) {
      onProgress(`${what}: ${first} of ${count} rows`);
      const last = Math.min(first + rowsPerStep, count) - 1;
      statement.run(first, last, from, (until - from) / count, accountId, services.send, ...more);
    }
  };
  try {
    db.exec("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -262144");
    fill("history", insertHistory, rows, now - (historyDays + 1) * dayMs + 60_000, now - dayMs - 60_000, []);
    fill("recipients", insertRecipients, Math.ceil(rows / historyDays), now - dayMs + 60_000, now - 60_000, [keyId]);
  } finally {
    db.close();
  }
}
