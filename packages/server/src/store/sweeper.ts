/** Sweeps the store from time to time, in small steps so that requests do not wait. */
import type { Log } from "../observe/log.ts";
import type { Store } from "./port.ts";
import type { HistoryKeeping } from "./ports/upkeep.ts";

const restMs = 5_000;
const busyRestMs = 50;
const rowsPerStep = 500;

export class Sweeper {
  readonly #store: Store;
  readonly #log: Log;
  readonly #keeping: HistoryKeeping | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopped = true;

  constructor(store: Store, log: Log, keeping?: HistoryKeeping) {
    this.#keeping = keeping;
    this.#store = store;
    this.#log = log;
  }

  start(): void {
    this.#stopped = false;
    this.#schedule(restMs);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #schedule(ms: number): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => void this.#step(), ms);
    this.#timer.unref();
  }

  async #step(): Promise<void> {
    try {
      const { more } = await this.#store.sweep(rowsPerStep, this.#keeping);
      this.#schedule(more ? busyRestMs : restMs);
    } catch (fault) {
      this.#log.warn(
        { event: "sweep_failed", message: (fault as Error).message },
        "the sweep could not run; it will be retried",
      );
      this.#schedule(restMs);
    }
  }
}
