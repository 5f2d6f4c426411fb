/**
 * Sweeps the store from time to time, in small steps so that requests do not wait. While there is more to do, it rests
 * after each step for as long as the step took, times a factor: the further it is behind, the less it rests.
 */
import type { Log } from "../observe/log.ts";
import type { Store } from "./port.ts";
import type { HistoryKeeping } from "./ports/upkeep.ts";

const restMs = 5_000;
const rowsPerStep = 500;

/** How long it rests, as a multiple of the step before, while rows that are due have waited for less than this. */
const paces = [
  { behindMs: 60_000, rests: 4 },
  { behindMs: 10 * 60_000, rests: 1 },
  { behindMs: Number.POSITIVE_INFINITY, rests: 0.25 },
] as const;

export interface SweeperOptions {
  readonly store: Pick<Store, "sweep" | "now">;
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

export class Sweeper {
  readonly #options: SweeperOptions;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #behindMs = 0;
  #last: { readonly at: number; readonly monotonic: number } | undefined;
  #waitUntil = 0;
  #stopped = true;

  constructor(options: SweeperOptions) {
    this.#options = options;
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
    const startedAt = performance.now();
    try {
      const { more, behindMs } = await store.sweep(rowsPerStep, keeping);
      this.#behindMs = behindMs;
      const { rests } = paces.find((pace) => behindMs < pace.behindMs) ?? paces[2];
      this.#schedule(more ? (performance.now() - startedAt) * rests : this.#idleMs);
    } catch (fault) {
      log.warn(
        { event: "sweep_failed", message: (fault as Error).message },
        "the sweep could not run; it will be retried",
      );
      this.#schedule(this.#idleMs);
    }
  }

  /** Whether it must not be trusted what the clock says is over: history that is removed does not come back. */
  #hasJumped(): boolean {
    const { store, log, newest, monotonic = () => performance.now() } = this.#options;
    const [at, now] = [store.now(), monotonic()];
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
