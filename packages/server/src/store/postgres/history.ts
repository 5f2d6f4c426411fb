/** Ended verifications in PostgreSQL: first with their numbers, then reduced, then gone. */
import { uuidFloor } from "../../model/ids.ts";
import type { FoundHistory, HistoryCut, HistoryRow, SoughtHistory } from "../engine.ts";
import type { Connections } from "./connections.ts";
import { HistoryDays } from "./history-days.ts";
import { byIndex, eraseSql, idsOfSql, newestOfNumberSql, newestSql, oldestSql, reduceSql } from "./history-queries.ts";
import { isMine } from "./sweep.ts";

const firstId = "00000000-0000-0000-0000-000000000000";
const kept = "account_id, service_id, channel, state";
const reducing = "SELECT pg_try_advisory_xact_lock(hashtextextended('antryk reduce', 0)) AS mine";

export class History {
  readonly #connections: Connections;
  readonly #days: HistoryDays;
  /** Where the next page to reduce begins: what was removed before it need not be passed again in this round. */
  #reduceFrom = firstId;

  constructor(connections: Connections) {
    this.#connections = connections;
    this.#days = new HistoryDays(connections);
  }

  keepDays(now: number): Promise<void> {
    return this.#days.keep(now);
  }

  async find(bucket: number, verificationId: string): Promise<HistoryRow | undefined> {
    const [row] = await this.#connections.ask(
      `SELECT ${kept}, recipient FROM antryk.history WHERE bucket = $1 AND verification_id = $2
       UNION ALL SELECT ${kept}, recipient_masked FROM antryk.history_reduced WHERE bucket = $1 AND verification_id = $2`,
      [bucket, verificationId],
    );
    return row && toRow(row);
  }

  async search({ from, before, limit, number }: SoughtHistory): Promise<FoundHistory[]> {
    const range = [from, before, limit];
    const rows = await (number
      ? this.#byIndex(newestOfNumberSql, [
          ...range,
          number.buckets,
          number.recipient,
          number.reducedHash,
          number.accountId ?? null,
        ])
      : this.#byIndex(newestSql, range));
    return rows.map((row) => ({ verificationId: String(row.id), ...toRow(row) }));
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
    const rows = await this.#byIndex(idsOfSql, [buckets, recipient, reducedHash]);
    return rows.map(({ id }) => String(id));
  }

  async erase(places: { readonly buckets: readonly number[]; readonly ids: readonly string[] }): Promise<number> {
    const rows = await this.#byIndex(eraseSql, [places.buckets, places.ids]);
    return rows.length;
  }

  #byIndex(text: string, values: unknown[]): Promise<Record<string, unknown>[]> {
    return this.#connections.askTransaction(async (client) => {
      await client.query(byIndex);
      return (await client.query<Record<string, unknown>>(text, values)).rows;
    });
  }

  /** One process at a time; returns how many rows. */
  async #reduce(before: string, limit: number, reduce: NonNullable<HistoryCut["reduce"]>): Promise<number> {
    const from = this.#reduceFrom;
    const page = await this.#connections.lazily(async (client) => {
      const { rows: lock } = await client.query<{ mine: boolean }>(reducing);
      if (!lock[0]?.mine) return undefined;
      await client.query(byIndex);
      const { rows } = await client.query<{ bucket: number; id: string; recipient: string }>(oldestSql, [
        from,
        before,
        limit,
      ]);
      const [first, last] = [rows[0], rows.at(-1)];
      if (!first || !last) return { last: from, count: 0 };
      const reduced = rows.map(({ recipient }) => reduce(recipient));
      await client.query(reduceSql, [
        first.id,
        last.id,
        rows.map(({ bucket }) => bucket),
        rows.map(({ id }) => id),
        reduced.map(({ hash }) => hash),
        reduced.map(({ masked }) => masked),
      ]);
      return { last: last.id, count: rows.length };
    });
    if (!page) return 0;
    // Then from the beginning, for what a late sweep has put there.
    this.#reduceFrom = page.count < limit ? firstId : page.last;
    return page.count;
  }

  async #remove(table: "history_other" | "history_reduced", before: string, limit: number): Promise<number> {
    const sql = `DELETE FROM antryk.${table} WHERE (bucket, verification_id) IN
         (SELECT bucket, verification_id FROM antryk.${table} WHERE verification_id < $1 AND ${isMine(table)}
            ORDER BY verification_id LIMIT $2)`;
    return this.#connections.lazily(async (client) => {
      await client.query(byIndex);
      return (await client.query(sql, [before, limit])).rowCount ?? 0;
    });
  }
}

function toRow(row: Record<string, unknown>): HistoryRow {
  return {
    accountId: String(row.account_id),
    serviceId: String(row.service_id),
    channel: row.channel as HistoryRow["channel"],
    recipient: String(row.recipient),
    state: String(row.state),
  };
}

function idFloor(ms: number): string {
  return `${uuidFloor(ms)}-0000-0000-000000000000`;
}
