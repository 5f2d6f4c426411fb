/**
 * The engine for many server processes: PostgreSQL 14 or newer. Calls are decided in the process and committed in
 * batches, by the versions of the rows that they were decided over (batch.ts, lane.ts, functions.sql).
 */

import type { NamedMessage } from "../../model/gateway.ts";
import { bucketOfId, uuidTime } from "../../model/ids.ts";
import { bucketOf, hashIn } from "../../model/recipient.ts";
import { aheadWarning, type Clock, mostAheadMs } from "../clock.ts";
import type * as port from "../engine.ts";
import type { BatchCounts, StoreSizes } from "../ports/upkeep.ts";
import { livingBuckets, olderIn } from "../rules/counters.ts";
import type { AfterFailover } from "../rules/failover.ts";
import { metRow, refOf, rowRef } from "../rules/kinds.ts";
import { messagesUntil } from "../rules/message-life.ts";
import { newestOf } from "../schema.ts";
import { counterName } from "./batch.ts";
import type { Connections } from "./connections.ts";
import { DatabaseClock } from "./database-clock.ts";
import { DatabaseTimeline } from "./database-timeline.ts";
import { documentsOf } from "./documents.ts";
import { kindOf, unavailable } from "./faults.ts";
import { heldAmong } from "./held.ts";
import { History } from "./history.ts";
import { installationOf } from "./installation.ts";
import { keyUsesOf } from "./key-uses.ts";
import { Lane } from "./lane.ts";
import { runLocked } from "./locked.ts";
import { noteErased } from "./move-erased.ts";
import { OverRows } from "./over.ts";
import { queueOf } from "./queue.ts";
import { postgresSchema, processNumber } from "./schema.ts";
import { type DecideSweep, type SweepTools, sweepRows } from "./sweep.ts";
import { warningsOf } from "./warnings.ts";
import { bucketOfCounter, type CommitReply, hashOfMessage } from "./wire.ts";

interface ItemRow extends Record<string, unknown> {
  readonly bucket: number;
  readonly key: Buffer;
  readonly state: string;
}

export interface PostgresEngineOptions {
  /** A number that no other running process has (`processNumber`). */
  readonly process: number;
  readonly batchSize: number;
  readonly callPatienceMs: number;
  readonly afterFailover: AfterFailover;
  /** For tests: decides instead of the database's clock. */
  readonly clock: Clock | undefined;
}

const rowsPerPage = 5_000;

const findMessagesSql = "SELECT * FROM antryk.find_messages($1, $2, $3)";

export class PostgresEngine implements port.Engine {
  readonly name = "postgres";
  /** Rows are locked for a small part of it: less than calls wait for a lock (functions.sql). */
  readonly sweepStepMs = 250;
  readonly newestSchema = newestOf(postgresSchema);
  readonly documents: port.Documents;
  readonly queue: port.EngineQueue;
  readonly installation: port.InstallationTable;
  readonly keyUses: port.KeyUseTable;
  readonly #connections: Connections;
  readonly #clock: Clock | undefined;
  readonly #databaseClock = new DatabaseClock();
  readonly #timeline: DatabaseTimeline;
  readonly #history: History;
  readonly #over: OverRows;
  readonly #lane: Lane;
  readonly #sweepTools: SweepTools;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(
    connections: Connections,
    { process, batchSize, callPatienceMs, afterFailover, clock }: PostgresEngineOptions,
  ) {
    this.#connections = connections;
    this.#clock = clock;
    this.documents = documentsOf(connections);
    this.#history = new History(connections);
    this.#over = new OverRows(connections);
    this.#timeline = new DatabaseTimeline({ connections, choice: afterFailover, now: () => this.now() });
    const times = {
      now: () => this.now(),
      given: () => this.#clock?.now() ?? (this.#databaseClock.lead > 0 ? this.now() : null),
    };
    this.keyUses = keyUsesOf(connections);
    this.queue = queueOf(connections, times.given);
    const installation = installationOf(connections, times.given);
    this.installation = {
      ...installation,
      identity: async () => {
        // Also while every call is given its time.
        await this.#learnTime();
        if (await this.#timeline.look()) await this.#startAnew();
        return installation.identity();
      },
    };
    this.#lane = new Lane({
      ...times,
      process,
      size: batchSize,
      patienceMs: callPatienceMs,
      send: (text, values) => this.#commit(text, values),
      learnTime: () => this.#learnTime(),
      timeline: this.#timeline,
      learnTimeline: () => this.#learnTimeline(),
      heldAmong: (refs, counters) => heldAmong(connections, refs, counters),
      runLocked: (job, beliefs) => runLocked(connections, job, beliefs, times),
    });
    this.#sweepTools = {
      ...times,
      connections,
      learnTime: () => this.#learnTime(),
      timeline: this.#timeline,
      learnTimeline: () => this.#learnTimeline(),
      nextVersion: () => this.#lane.nextVersion(),
    };
  }

  /** Learns the database's time and timeline, and makes the history's next days. */
  async start(): Promise<void> {
    await this.#learnTime();
    if (!this.#clock) this.#databaseClock.notBefore((await this.installation.identity()).newest);
    await this.#timeline.look();
    await this.#history.keepDays(this.now());
  }

  now(): number {
    return (this.#clock ?? this.#databaseClock).now();
  }

  get codesFrom(): number {
    return this.#timeline.codesFrom;
  }

  run<Outcome>(call: port.Call<Outcome>): Promise<Outcome> {
    return this.#lane.run(call);
  }

  sweepRows(range: port.SweepRange, decide: DecideSweep): Promise<port.SweptRows> {
    return this.#inTurn(() => sweepRows(this.#sweepTools, range, decide));
  }

  removeOver(limit: number): Promise<readonly number[]> {
    return this.#inTurn(() => this.#over.remove(this.now(), limit));
  }

  cutHistory(cut: port.HistoryCut): Promise<readonly number[]> {
    return this.#inTurn(() => this.#history.cut(this.now(), cut));
  }

  rowsAt(bucket: number, placeInTime: number): Promise<readonly port.MetRow[]> {
    const sql = "SELECT bucket, key, state FROM antryk.item WHERE at = $1 AND bucket = $2";
    return this.#rows(sql, [placeInTime, bucket]);
  }

  rowsBeside(ref: port.RowRef): Promise<readonly port.MetRow[]> {
    const from = rowRef(ref.kind, { ...ref, text: "" }).key;
    const sql = "SELECT bucket, key, state FROM antryk.item WHERE bucket = $1 AND key >= $2 AND key < $3";
    return this.#rows(sql, [bucketOf(ref.hash), from, Buffer.concat([from, Buffer.from([0xff])])]);
  }

  rowsOfBucket(bucket: number): Promise<readonly port.MetRow[]> {
    return this.#rows("SELECT bucket, key, state FROM antryk.item WHERE bucket = $1", [bucket]);
  }

  rowsInRange(from: port.RowRef, before: port.RowRef, limit: number): Promise<readonly port.MetRow[]> {
    const sql = `SELECT bucket, key, state FROM antryk.item WHERE bucket = $1 AND key >= $2 AND key < $3
      ORDER BY key DESC LIMIT $4`;
    return this.#rows(sql, [bucketOf(from.hash), from.key, before.key, limit]);
  }

  async rowsBefore<Row>(
    { tag }: port.RowKind<Row>,
    { from, before, limit }: port.SweepRange,
  ): Promise<readonly port.PlacedRow[]> {
    const sql = `SELECT bucket, key, at, state FROM antryk.item WHERE at >= $1 AND at < $2 AND substr(key, 1, 1) = $3
      ORDER BY at DESC LIMIT $4`;
    const rows = await this.#connections.ask<ItemRow & { at: string }>(sql, [from, before, Buffer.from(tag), limit]);
    return rows.flatMap((row) => {
      const met = metRow(row.key, hashIn(row.bucket, 0), row.state);
      return met ? { place: Number(row.at), met } : [];
    });
  }

  async eachRowSince<Row>(
    kind: port.RowKind<Row>,
    placeInTime: number,
    visit: (row: Row, ref: port.RowRef) => void,
  ): Promise<void> {
    const sql = `SELECT bucket, key, at, state FROM antryk.item WHERE at >= $1 AND (at, bucket, key) > ($1, $2, $3)
      ORDER BY at, bucket, key LIMIT $4`;
    let place: unknown[] = [placeInTime, -1, Buffer.alloc(0)];
    for (;;) {
      const rows = await this.#connections.ask<ItemRow & { at: string }>(sql, [...place, rowsPerPage]);
      for (const { ref, row, fault } of rows.flatMap(toMet)) if (ref.kind === kind && !fault) visit(row as Row, ref);
      const last = rows.at(-1);
      if (!last || rows.length < rowsPerPage) return;
      place = [last.at, last.bucket, last.key];
    }
  }

  findHistory(bucket: number, verificationId: string): Promise<port.HistoryRow | undefined> {
    return this.#history.find(bucket, verificationId);
  }

  searchHistory(sought: port.SoughtHistory): Promise<readonly port.FoundHistory[]> {
    return this.#history.search(sought);
  }

  replaceHistory(bucket: number, verificationId: string, was: string, state: string): Promise<boolean> {
    return this.#history.replace(bucket, verificationId, was, state);
  }

  async findMessages(names: readonly NamedMessage[]): Promise<readonly port.FoundMessage[]> {
    const rows = await this.#connections.askSoon<{
      gateway_id: string;
      message_id: string;
      bucket: number;
      item_key: Buffer;
      verification_id: string;
    }>(findMessagesSql, [
      names.map(({ gatewayId, messageId }) => hashOfMessage(gatewayId, messageId)),
      names.map(({ gatewayId }) => gatewayId),
      names.map(({ messageId }) => messageId),
    ]);
    return rows.map((row) => ({
      gatewayId: row.gateway_id,
      messageId: row.message_id,
      verificationId: row.verification_id,
      ref: refOf(row.item_key, hashIn(row.bucket, 0)),
    }));
  }

  noteErased(channel: string, reducedHash: Buffer): Promise<void> {
    return noteErased(this.#connections, channel, reducedHash);
  }

  historyIdsOf(buckets: readonly number[], recipient: string, reducedHash: Buffer): Promise<readonly string[]> {
    return this.#history.idsOf(buckets, recipient, reducedHash);
  }

  async eraseHistory(verificationIds: readonly string[]): Promise<number> {
    for (const id of verificationIds) {
      const { from, to } = messagesUntil(uuidTime(id));
      const sql = "DELETE FROM antryk.message WHERE until BETWEEN $1 AND $2 AND verification_id = $3";
      await this.#connections.ask(sql, [from, to, id]);
    }
    return this.#history.erase({ buckets: verificationIds.map(bucketOfId), ids: verificationIds });
  }

  /** PostgreSQL's vacuum does so in its own time. */
  overwriting<T>(work: () => Promise<T>): Promise<T> {
    return work();
  }

  async spansOf(ref: port.CounterRef): Promise<readonly port.Bucket[]> {
    const name = counterName(ref);
    const slots = await this.#connections.ask<{ n: string; at: string; older: string }>(
      "SELECT n, at, older FROM antryk.counter WHERE bucket = $1 AND key = $2",
      [bucketOfCounter(name), name],
    );
    return slots.flatMap(({ n, at, older }) =>
      livingBuckets({ at: Number(at), n: Number(n), older: olderIn(older) }, ref.windowMs, this.now()),
    );
  }

  async sizes(): Promise<StoreSizes> {
    const [row] = await this.#connections.ask<Record<string, number>>(
      `SELECT count(*) FILTER (WHERE get_byte(key, 0) = ascii('r'))::int AS recipients,
         count(*) FILTER (WHERE get_byte(key, 0) = ascii('c'))::int AS keys,
         (SELECT count(*)::int FROM antryk.history) AS history, (SELECT count(*)::int FROM antryk.history_reduced) AS reduced,
         (SELECT count(*)::int FROM antryk.counter) AS counters FROM antryk.item`,
    );
    const { recipients = 0, keys = 0, history = 0, reduced = 0, counters = 0 } = row ?? {};
    return { recipients, history, reducedHistory: reduced, idempotencyKeys: keys, limitBuckets: counters };
  }

  async warnings(): Promise<readonly string[]> {
    const [row] = await this.#connections.ask<{ at: string | null }>("SELECT max(at) AS at FROM antryk.item");
    const newest = Number(row?.at ?? 0);
    const ahead = newest > this.now() + mostAheadMs ? [aheadWarning(newest)] : [];
    return [...ahead, ...this.#timeline.warnings(), ...(await warningsOf(this.#connections))];
  }

  batches(): BatchCounts {
    return this.#lane.counts;
  }

  async close(): Promise<void> {
    await this.#lane.drain();
    await this.#connections.close();
  }

  /** The sweep has one connection at a time: the others are for calls. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work).catch((fault: unknown) => {
      throw kindOf(fault) === "fault" ? fault : unavailable(fault);
    });
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #rows(sql: string, values: unknown[]): Promise<readonly port.MetRow[]> {
    return (await this.#connections.askSoon<ItemRow>(sql, values)).flatMap(toMet);
  }

  async #commit(text: string, values: unknown[]): Promise<CommitReply> {
    const sentAt = performance.now();
    const [reply] = await this.#connections.querySoon<CommitReply & Record<string, unknown>>(text, values);
    if (!reply) throw unavailable(undefined);
    // A time that was given says nothing of the database's clock.
    if (values[0] === null) this.#databaseClock.learn(Number(reply.at), sentAt, performance.now());
    return reply;
  }

  async #learnTimeline(): Promise<void> {
    if (await this.#timeline.learn()) await this.#startAnew();
  }

  async #startAnew(): Promise<void> {
    this.#lane.startAnew(await processNumber(this.#connections));
  }

  async #learnTime(): Promise<void> {
    const sentAt = performance.now();
    const [row] = await this.#connections.askSoon<{ at: string }>("SELECT antryk.clock_ms() AS at");
    if (row) this.#databaseClock.learn(Number(row.at), sentAt, performance.now());
  }
}

function toMet({ bucket, key, state }: ItemRow): port.MetRow | [] {
  return metRow(key, hashIn(bucket, 0), state) ?? [];
}
