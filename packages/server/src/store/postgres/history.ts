/** Ended verifications in PostgreSQL: first with their numbers, then reduced, then gone. */
import { uuidFloor } from "../../model/ids.ts";
import type { HistoryCut, HistoryRow } from "../engine.ts";
import type { Connections } from "./connections.ts";
import { HistoryDays } from "./history-days.ts";
import { isMine } from "./sweep.ts";

/** Forgetting a number reads the whole history once. */
const erasePatienceMs = 10 * 60_000;
const kept = "account_id, service_id, channel, state";
const reducing = "SELECT pg_try_advisory_xact_lock(hashtextextended('antryk reduce', 0)) AS mine";

export class History {
  readonly #connections: Connections;
  readonly #days: HistoryDays;

  constructor(connections: Connections) {
    this.#connections = connections;
    this.#days = new HistoryDays(connections);
  }

  keepDays(now: number): Promise<void> {
    return this.#days.keep(now);
  }

  async find(bucket: number, verificationId: string): Promise<HistoryRow | undefined> {
    const [row] = await this.#connections.ask<Record<string, string>>(
      `SELECT ${kept}, recipient FROM antryk.history WHERE bucket = $1 AND verification_id = $2
       UNION ALL SELECT ${kept}, recipient_masked FROM antryk.history_reduced WHERE bucket = $1 AND verification_id = $2`,
      [bucket, verificationId],
    );
    return (
      row && {
        accountId: row.account_id ?? "",
        serviceId: row.service_id ?? "",
        channel: row.channel as HistoryRow["channel"],
        recipient: row.recipient ?? "",
        state: row.state ?? "",
      }
    );
  }

  async replace(bucket: number, verificationId: string, was: string, state: string): Promise<boolean> {
    const rows = await this.#connections.ask(
      "UPDATE antryk.history SET state = $4 WHERE bucket = $1 AND verification_id = $2 AND state = $3 RETURNING 1",
      [bucket, verificationId, was, state],
    );
    return rows.length > 0;
  }

  /** Days that have passed are dropped whole; rows are moved on, and those of late sweeps removed, in steps. */
  async cut(now: number, { limit, identifiedBefore, reduce, reducedBefore }: HistoryCut): Promise<readonly number[]> {
    const over = idFloor(identifiedBefore);
    const reduced = reduce ? await this.#reduce(over, limit, reduce) : 0;
    await this.#days.keep(now);
    const days = await this.#days.drop(now, identifiedBefore, reduce !== undefined);
    const late = reduce ? 0 : await this.#remove("history_other", over, limit);
    return [reduced, late, await this.#remove("history_reduced", idFloor(reducedBefore), limit), days];
  }

  async idsOf(buckets: readonly number[], recipient: string, reducedHash: Buffer): Promise<string[]> {
    const rows = await this.#connections.askTransaction(async (client) => {
      await client.query("SET LOCAL statement_timeout = 0");
      const named = "SELECT verification_id AS id FROM antryk.history WHERE bucket = ANY ($1) AND recipient = $2";
      const reduced = "SELECT verification_id FROM antryk.history_reduced WHERE recipient_hash = $3";
      const text = `${named} UNION ALL ${reduced}`;
      const query = { text, values: [buckets, recipient, reducedHash], query_timeout: erasePatienceMs };
      return (await client.query<{ id: string }>(query)).rows;
    });
    return rows.map(({ id }) => id);
  }

  async erase(places: { readonly buckets: readonly number[]; readonly ids: readonly string[] }): Promise<number> {
    const where = "WHERE (bucket, verification_id) IN (SELECT * FROM unnest($1::smallint[], $2::uuid[]))";
    const rows = await this.#connections.ask(
      `WITH one AS (DELETE FROM antryk.history ${where} RETURNING 1), other AS (DELETE FROM antryk.history_reduced ${where} RETURNING 1)
       SELECT * FROM one UNION ALL SELECT * FROM other`,
      [places.buckets, places.ids],
    );
    return rows.length;
  }

  /** One process at a time; returns how many rows. */
  #reduce(over: string, limit: number, reduce: NonNullable<HistoryCut["reduce"]>): Promise<number> {
    return this.#connections.lazily(async (client) => {
      const { rows: lock } = await client.query<{ mine: boolean }>(reducing);
      if (!lock[0]?.mine) return 0;
      const { rows } = await client.query<{ bucket: number; id: string; recipient: string }>(
        "SELECT bucket, verification_id AS id, recipient FROM antryk.history WHERE verification_id < $1 LIMIT $2",
        [over, limit],
      );
      const reduced = rows.map(({ recipient }) => reduce(recipient));
      await client.query(
        `WITH gone AS (
           DELETE FROM antryk.history h USING unnest($2::smallint[], $3::uuid[], $4::bytea[], $5::text[]) AS u (bucket, id, hash, mask)
             WHERE h.bucket = u.bucket AND h.verification_id = u.id AND h.verification_id < $1
             RETURNING h.*, u.hash, u.mask
         )
         INSERT INTO antryk.history_reduced (bucket, verification_id, ${kept}, recipient_hash, recipient_masked)
           SELECT bucket, verification_id, ${kept}, hash, mask FROM gone ON CONFLICT DO NOTHING`,
        [
          over,
          rows.map(({ bucket }) => bucket),
          rows.map(({ id }) => id),
          reduced.map(({ hash }) => hash),
          reduced.map(({ masked }) => masked),
        ],
      );
      return rows.length;
    });
  }

  async #remove(table: "history_other" | "history_reduced", before: string, limit: number): Promise<number> {
    const sql = `DELETE FROM antryk.${table} WHERE (bucket, verification_id) IN
         (SELECT bucket, verification_id FROM antryk.${table} WHERE verification_id < $1 AND ${isMine(table)}
            ORDER BY verification_id LIMIT $2)`;
    return this.#connections.lazily(async (client) => (await client.query(sql, [before, limit])).rowCount ?? 0);
  }
}

function idFloor(ms: number): string {
  return `${uuidFloor(ms)}-0000-0000-000000000000`;
}
