/**
 * Sweeps the store from time to time, in small steps so that requests do not wait. A step has as many rows as it takes a
 * short time to do. While there is more to do, it rests after each step for as long as the step took, times a factor:
 * the further it is behind, the less it rests.
 */
import type { Log } from "../observe/log.ts";
import type { Store } from "./port.ts";
import type { HistoryKeeping } from "./ports/upkeep.ts";

const restMs = 5_000;

/** Rows of each kind in one step. */
export const stepRows = { first: 500, least: 200, most: 2_000 } as const;

/** It rests for as long as the step before took, once it is behind by this; more when it is less behind, and less when more. */
const evenMs = 30_000;
/** How long it rests at most and at least, as a multiple of the step before. */
const rests = { most: 4, least: 0.25 } as const;

export interface SweeperOptions {
  readonly store: Pick<Store, "sweep" | "sweepStepMs" | "now">;
  readonly log: Log;
  readonly keeping?: HistoryKeeping;
  /** The newest time that servers had written down before this one, Unix ms. */
  newest?(): number;
  /** The rest while there is nothing to do, ms; for tests. */
  readonly restMs?: number;
  /** The monotonic clock, ms; for tests. */
  readonly monotonic?: () => number;
}

/** A clock that goes ahead by more than this between two steps, beside the time that has passed, has jumped, ms. */
const jumpMs = 24 * 3_600_000;
/** How long nothing is swept then: a clock that is wrong is mostly set right by then, ms. */
const waitAfterJumpMs = 3_600_000;
/** How often it says again that rows can't be read, ms. */
const sayEveryMs = 3_600_000;

export class Sweeper {
  readonly #options: SweeperOptions;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #behindMs = 0;
  #unreadable = 0;
  #unreadableSaidAt = Number.NEGATIVE_INFINITY;
  #rows: number = stepRows.first;
  #last: { readonly at: number; readonly monotonic: number } | undefined;
  #waitUntil = 0;
  #stopped = true;

  constructor(options: SweeperOptions) {
    this.#options = options;
  }

  /** Rows that can't be read, as the last pass has found them. */
  get unreadable(): number {
    return this.#unreadable;
  }

  /** For how long the oldest row that is due has been, as the last step found it, ms. */
  get behindMs(): number {
    return this.#behindMs;
  }

  start(): void {
    this.#stopped = false;
    this.#schedule(this.#idleMs);
  }

  /** Resolves once no step is under way any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  /** Milliseconds, monotonic. */
  #now(): number {
    return this.#options.monotonic?.() ?? performance.now();
  }

  get #idleMs(): number {
    return this.#options.restMs ?? restMs;
  }

  #schedule(ms: number): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#running = this.#step();
    }, ms);
    this.#timer.unref();
  }

  async #step(): Promise<void> {
    const { store, log, keeping } = this.#options;
    if (this.#hasJumped()) {
      this.#schedule(this.#idleMs);
      return;
    }
    const startedAt = this.#now();
    try {
      const { more, behindMs, unreadable, isPassOver } = await store.sweep(this.#rows, keeping);
      if (isPassOver) this.#sayUnreadable(unreadable);
      const tookMs = this.#now() - startedAt;
      this.#behindMs = behindMs;
      this.#rows = rowsAfter(this.#rows, tookMs / store.sweepStepMs, more);
      this.#schedule(more ? tookMs * restsAt(behindMs) : this.#idleMs);
    } catch (fault) {
      log.warn(
        { event: "sweep_failed", message: (fault as Error).message },
        "the sweep could not run; it will be retried",
      );
      this.#schedule(this.#idleMs);
    }
  }

  /** Said once an hour at most. */
  #sayUnreadable(rows: number): void {
    this.#unreadable = rows;
    if (rows === 0 || this.#now() < this.#unreadableSaidAt + sayEveryMs) return;
    this.#unreadableSaidAt = this.#now();
    this.#options.log.error(
      { event: "rows_unreadable", rows },
      "rows of the store can't be read: they stay as they are, and requests that need them fail",
    );
  }

  /** Whether it must not be trusted what the clock says is over: history that is removed does not come back. */
  #hasJumped(): boolean {
    const { store, log, newest } = this.#options;
    const [at, now] = [store.now(), this.#now()];
    const last = this.#last ?? { at: newest?.() || at, monotonic: now };
    this.#last = { at, monotonic: now };
    if (at - last.at - (now - last.monotonic) > jumpMs) {
      this.#waitUntil = now + waitAfterJumpMs;
      log.warn(
        { event: "sweep_waits", from: new Date(last.at).toISOString(), to: new Date(at).toISOString() },
        "the clock has gone ahead by more than a day: nothing is removed for an hour, in case it is wrong",
      );
    }
    return now < this.#waitUntil;
  }
}

function restsAt(behindMs: number): number {
  return Math.max(rests.least, Math.min(rests.most, evenMs / behindMs));
}

/** The next step's rows. `share`: of the time that a step may take. Only a full step shows how long so many take. */
function rowsAfter(rows: number, share: number, isFull: boolean): number {
  if (share > 1) return Math.max(stepRows.least, Math.floor(rows / 2));
  return isFull && share < 0.4 ? Math.min(stepRows.most, rows * 2) : rows;
}
