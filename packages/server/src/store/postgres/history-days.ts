/** The partitions of the history, one a day: made ahead, and dropped whole once no row of the day is kept. */
import { uuidFloor } from "../../model/ids.ts";
import type { Connections } from "./connections.ts";
import { sqlState } from "./faults.ts";

const daysAhead = 7;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const partitions = `SELECT p.relname AS name FROM pg_inherits h JOIN pg_class p ON p.oid = h.inhrelid
  WHERE h.inhparent = 'antryk.history'::regclass AND p.relname ~ '^history_\\d{8}$'`;
/** A statement that waits for a table's lock makes all others wait behind it: so it waits for a moment only. */
const shortWait = "SET LOCAL lock_timeout = '200ms'";
const lockNotAvailable = "55P03";
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
    const bounds = `FROM ('${fullFloor(day)}') TO ('${fullFloor(day + 1)}')`;
    await this.#alone(async (client) => {
      if (await exists(client, name)) return false;
      await client.query(`CREATE TABLE IF NOT EXISTS antryk.${name} (LIKE antryk.history INCLUDING ALL)`);
      await client.query(`ALTER TABLE antryk.history ATTACH PARTITION antryk.${name} FOR VALUES ${bounds}`);
      return true;
    });
  }

  async #dropOne(name: string, isEmptied: boolean): Promise<boolean> {
    return this.#alone(async (client) => {
      if (!(await exists(client, name))) return false;
      if (isEmptied) {
        await client.query(`LOCK TABLE antryk.${name} IN ACCESS EXCLUSIVE MODE`);
        const { rows } = await client.query(`SELECT FROM antryk.${name} LIMIT 1`);
        if (rows.length > 0) return false;
      }
      await client.query(`DROP TABLE antryk.${name}`);
      return true;
    });
  }

  /** One process at a time; `false` if another one is at it, or the tables are in use. */
  async #alone(work: (client: Client) => Promise<boolean>): Promise<boolean> {
    try {
      return await this.#connections.askTransaction(async (client) => {
        await client.query(shortWait);
        const lock = "SELECT pg_try_advisory_xact_lock(hashtextextended('antryk history', 0)) AS mine";
        const { rows } = await client.query<{ mine: boolean }>(lock);
        return rows[0]?.mine === true && (await work(client));
      });
    } catch (fault) {
      const cause = fault instanceof Error && fault.cause ? fault.cause : fault;
      if ([lockNotAvailable, checkViolation].includes(sqlState(cause) ?? "")) return false;
      throw fault;
    }
  }
}

type Client = Parameters<Parameters<Connections["transaction"]>[0]>[0];

/** Another process may have made or dropped it since the list was read. */
async function exists(client: Client, name: string): Promise<boolean> {
  const { rows } = await client.query<{ is: boolean }>("SELECT to_regclass($1) IS NOT NULL AS is", [`antryk.${name}`]);
  return rows[0]?.is === true;
}

function nameOf(day: number): string {
  return `history_${new Date(day * dayMs).toISOString().slice(0, 10).replaceAll("-", "")}`;
}

/** The first UUID of a day. */
function fullFloor(day: number): string {
  return `${uuidFloor(day * dayMs)}-0000-0000-000000000000`;
}
