/**
 * On which timeline the database is, and from when on codes count. Every commit names the timeline that it was decided
 * for, and the database refuses any other (functions.sql). So no verdict is given before this process has learned of a
 * failover, whatever stands between: a pooler, or a session that was there when its standby was promoted.
 */
import { StoreUnavailable } from "../../model/errors.ts";
import {
  type AfterFailover,
  decodeTimeline,
  encodeTimeline,
  type RememberedTimeline,
  timelineAfter,
} from "../rules/failover.ts";
import type { Connections } from "./connections.ts";
import { kindOf, unavailable } from "./faults.ts";

/** Null: the database does not say it to this role. */
const asked = {
  number: "antryk.timeline()::int",
  system: "(SELECT system_identifier::text FROM pg_control_system())",
} as const;

/** Whether a commit of this session waits for a standby: `remote_write` is lost only if the standby crashes as well. */
const isSynchronous = `(current_setting('synchronous_standby_names') <> ''
  AND current_setting('synchronous_commit') IN ('on', 'remote_apply', 'remote_write'))`;

interface Answer extends Record<string, unknown> {
  readonly timeline: string | null;
  readonly newest: string;
  readonly is_standby: boolean;
  readonly number: number | null;
  readonly system: string | null;
  readonly is_synchronous: boolean;
}

/** For how long a failover is told of, ms. */
const toldForMs = 3_600_000;

/** How a batch knows it. */
export interface BatchTimeline {
  /** Null: not known, and not checked. */
  readonly number: number | null;
  /** Codes issued before are over, Unix ms. */
  readonly codesFrom: number;
}

export interface DatabaseTimelineOptions {
  readonly connections: Connections;
  readonly choice: AfterFailover;
  /** The store's time, Unix ms. */
  now(): number;
}

export class DatabaseTimeline implements BatchTimeline {
  readonly #options: DatabaseTimelineOptions;
  #known: RememberedTimeline | undefined;
  /** Only what can be asked for on every commit is checked by it. */
  #canAsk = { number: true, system: true };

  constructor(options: DatabaseTimelineOptions) {
    this.#options = options;
  }

  get number(): number | null {
    return this.#canAsk.number ? (this.#known?.number ?? null) : null;
  }

  get codesFrom(): number {
    return this.#known?.codesFrom ?? 0;
  }

  /**
   * Learns what the store remembers, and writes down what is new; one process at a time. `true`: the database is another
   * than it was. Throws StoreUnavailable.
   */
  async learn(): Promise<boolean> {
    const { connections } = this.#options;
    const before = this.#known;
    await this.#learnWhatCanBeAsked();
    const [row] = await connections.ask<Answer>(this.#question(""));
    const { remembered, next } = this.#next(row);
    this.#known =
      next === remembered
        ? next
        : await connections.askTransaction(async (client) => {
            const found = this.#next((await client.query<Answer>(this.#question("FOR UPDATE"))).rows[0]);
            if (found.next !== found.remembered)
              await client.query("UPDATE antryk.installation SET timeline = $1", [encodeTimeline(found.next)]);
            return found.next;
          });
    return before !== undefined && (before.number !== this.#known.number || before.system !== this.#known.system);
  }

  /** Learns if anything is new; `true` as from `learn`. Throws StoreUnavailable. */
  async look(): Promise<boolean> {
    if (!this.#known) return this.learn();
    const [row] = await this.#options.connections.askSoon<Answer>(this.#question(""));
    const { remembered, next } = this.#next(row);
    return next === remembered && encodeTimeline(next) === encodeTimeline(this.#known) ? false : this.learn();
  }

  /** What an operator should know, each in a sentence. */
  warnings(): readonly string[] {
    const ended = this.codesFrom > this.#options.now() - toldForMs;
    return [
      ...(ended
        ? [
            `codes sent before ${new Date(this.codesFrom).toISOString()} are not taken any more: another database server goes ` +
              "on from an earlier moment; ANTRYK_AFTER_FAILOVER says what happens next time",
          ]
        : []),
      ...(this.#canAsk.number
        ? []
        : [
            "the database does not say which timeline it is on, so after a failover used codes may be right again: GRANT " +
              "EXECUTE ON FUNCTION pg_current_wal_lsn(), pg_walfile_name(pg_lsn) TO the servers' role",
          ]),
    ];
  }

  /** What the store remembers, and what must be remembered from now on. */
  #next(row: Answer | undefined): { readonly remembered: RememberedTimeline | undefined; next: RememberedTimeline } {
    if (!row || row.is_standby) throw new StoreUnavailable("the database is a standby");
    const { number, system, is_synchronous: isSynchronous } = row;
    const remembered = decodeTimeline(row.timeline);
    const { choice, now } = this.#options;
    const times = { now: now(), newest: Number(row.newest), choice };
    return { remembered, next: timelineAfter(remembered, { number, system, isSynchronous }, times) };
  }

  #question(lock: string): string {
    const part = (name: keyof typeof asked) => `${this.#canAsk[name] ? asked[name] : "NULL"} AS ${name}`;
    return `SELECT timeline, newest, pg_is_in_recovery() AS is_standby, ${part("number")}, ${part("system")},
      ${isSynchronous} AS is_synchronous FROM antryk.installation ${lock}`;
  }

  /** Roles and services differ in what they may ask; a failover that can't be seen is what doctor warns of. */
  async #learnWhatCanBeAsked(): Promise<void> {
    const { connections } = this.#options;
    for (const name of ["number", "system"] as const) {
      try {
        await connections.query(`SELECT ${asked[name]}`);
        this.#canAsk[name] = true;
      } catch (fault) {
        if (kindOf(fault) !== "fault") throw unavailable(fault);
        this.#canAsk[name] = false;
      }
    }
  }
}
