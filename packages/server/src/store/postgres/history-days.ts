/** The partitions of the history, one a day: made ahead, and dropped whole once a day is kept no longer (migrations/0008_sweep.sql). */
import { retention } from "@antryk/contract";
import type { HistoryKeeping } from "../ports/upkeep.ts";
import type { Connections } from "./connections.ts";

const daysAhead = 7;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

export class HistoryDays {
  readonly #connections: Connections;
  #keptDay = 0;
  #droppedHour = 0;

  constructor(connections: Connections) {
    this.#connections = connections;
  }

  /** Makes the partitions of the days ahead, once a day and at the start. `given`: decides instead of the database's clock. */
  async keep(now: number, given: number | null): Promise<void> {
    const day = Math.floor(now / dayMs);
    if (day === this.#keptDay) return;
    // How long days are kept is the sweep's to say: here none is dropped.
    await this.#connections.ask("SELECT antryk_history_days($1, NULL, $2)", [daysAhead, given]);
    this.#keptDay = day;
  }

  /** Once an hour, since a backup may hold a day's table for a while. Returns how many days were dropped. */
  async drop(keeping: HistoryKeeping | undefined, now: number, given: number | null): Promise<number> {
    const hour = Math.floor(now / hourMs);
    if (hour === this.#droppedHour) return 0;
    const [row] = await this.#connections.ask<{ dropped: number }>("SELECT antryk_drop_history_days($1, $2, $3) AS dropped", [
      keeping?.identifiedMs ?? retention.historyMs,
      (keeping?.reducedMs ?? 0) > 0,
      given,
    ]);
    this.#droppedHour = hour;
    return row?.dropped ?? 0;
  }
}
