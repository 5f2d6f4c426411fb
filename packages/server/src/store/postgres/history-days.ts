/** The partitions of the history, one a day: made ahead, and dropped whole once no row of the day is kept. */
import { uuidFloor } from "../../model/ids.ts";
import type { Connections } from "./connections.ts";
import { heldState, sqlState } from "./faults.ts";

const daysAhead = 7;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const partitions = `SELECT p.relname AS name FROM pg_inherits h JOIN pg_class p ON p.oid = h.inhrelid
  WHERE h.inhparent = 'antryk.history'::regclass AND p.relname ~ '^history_\\d{8}$'`;
/** The default partition holds rows of that day already: it serves. */
const checkViolation = "23514";

export class HistoryDays {
  readonly #connections: Connections;
  #keptDay = 0;
  #droppedHour = 0;

  constructor(connections: Connections) {
    this.#connections = connections;
  }

  /** Makes the partitions of the days ahead, once a day and at the start. */
  async keep(now: number): Promise<void> {
    const today = Math.floor(now / dayMs);
    if (today === this.#keptDay) return;
    const there = new Set((await this.#connections.ask<{ name: string }>(partitions)).map(({ name }) => name));
    for (let day = today - 1; day <= today + daysAhead; day += 1) {
      const name = nameOf(day);
      if (!there.has(name)) await this.#make(name, day);
    }
    this.#keptDay = today;
  }

  /** Makes the partitions of the days that these times (Unix ms) lie in, for rows that are moved in. */
  async makeFor(times: readonly number[]): Promise<void> {
    for (const day of new Set(times.map((ms) => Math.floor(ms / dayMs)))) await this.#make(nameOf(day), day);
  }

  /**
   * Drops the days that ended before `keptFrom` (Unix ms); once an hour, since a backup may hold a day's table for a
   * while. `isEmptied`: rows are moved out first, and a day goes when nothing is left in it. Returns how many days.
   */
  async drop(now: number, keptFrom: number, isEmptied: boolean): Promise<number> {
    const hour = Math.floor(now / hourMs);
    if (hour === this.#droppedHour) return 0;
    const over = nameOf(Math.floor(keptFrom / dayMs));
    let dropped = 0;
    for (const { name } of await this.#connections.ask<{ name: string }>(partitions)) {
      if (name < over && (await this.#dropOne(name, isEmptied))) dropped += 1;
    }
    this.#droppedHour = hour;
    return dropped;
  }

  async #make(name: string, day: number): Promise<void> {
    await this.#call("make_history_day($1, $2, $3)", [name, fullFloor(day), fullFloor(day + 1)]);
  }

  #dropOne(name: string, isEmptied: boolean): Promise<boolean> {
    return this.#call("drop_history_day($1, $2)", [name, isEmptied]);
  }

  /** `false` if another process is at it, or the tables are in use. */
  async #call(call: string, values: unknown[]): Promise<boolean> {
    try {
      const [row] = await this.#connections.ask<{ done: boolean }>(`SELECT antryk.${call} AS done`, values);
      return row?.done === true;
    } catch (fault) {
      const cause = fault instanceof Error && fault.cause ? fault.cause : fault;
      if ([heldState, checkViolation].includes(sqlState(cause) ?? "")) return false;
      throw fault;
    }
  }
}

function nameOf(day: number): string {
  return `history_${new Date(day * dayMs).toISOString().slice(0, 10).replaceAll("-", "")}`;
}

/** The first UUID of a day. */
function fullFloor(day: number): string {
  return `${uuidFloor(day * dayMs)}-0000-0000-000000000000`;
}
