/** Counters and names of messages that say nothing any more, removed as sets. */
import type { Connections } from "./connections.ts";
import { isMine } from "./sweep.ts";

/** Counters have calls that write them: those that are held stay. */
const tables = [
  { name: "counter", key: "bucket, key, slot", locks: "FOR UPDATE SKIP LOCKED" },
  { name: "message", key: "ctid", locks: "" },
] as const;

export class OverRows {
  readonly #connections: Connections;
  /**
   * Where the next step begins, by table. Without it each step would pass all that the steps before have removed, until
   * a vacuum can clear it away: a backup may keep it from that for hours.
   */
  readonly #from = new Map<string, number>();

  constructor(connections: Connections) {
    this.#connections = connections;
  }

  /** Returns how many of each table; none, while another process is at it. Throws what the driver throws. */
  remove(now: number, limit: number): Promise<readonly number[]> {
    return this.#connections.lazily(async (client) => {
      const removed: number[] = [];
      for (const { name, key, locks } of tables) {
        const keys = key === "ctid" ? "ctid = ANY (ARRAY" : `(${key}) IN (`;
        const { rows } = await client.query<{ until: string }>(
          `DELETE FROM antryk.${name} WHERE ${keys}(SELECT ${key} FROM antryk.${name}
             WHERE until >= $1 AND until <= $2 AND ${isMine(name)} ORDER BY until LIMIT $3 ${locks})) RETURNING until`,
          [this.#from.get(name) ?? 0, now, limit],
        );
        let last = 0;
        for (const { until } of rows) last = Math.max(last, Number(until));
        // At the end of a pass the next one begins anew, with what was held.
        this.#from.set(name, rows.length === limit ? last : 0);
        removed.push(rows.length);
      }
      return removed;
    });
  }
}
