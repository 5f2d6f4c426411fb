/** The clock of a store, Unix ms. */
export interface Clock {
  now(): number;
}

/** Times further ahead than this are a mistake of some clock, not the past of this store, ms. */
export const mostAheadMs = 24 * 3_600_000;
/** What two clocks of a machine differ by without anybody having set one, ms. */
const stepMs = 5_000;

/** `newest`: Unix ms, more than a day ahead. */
export function aheadWarning(newest: number): string {
  return (
    `the store has times up to ${new Date(newest).toISOString()}: some clock was far ahead once; they are disbelieved, ` +
    "and what was made then is kept until that time has come"
  );
}

export interface ClockSources {
  /** Unix ms, as the machine believes now; may be set. */
  wall(): number;
  /** Ms since some moment; stands still while the machine is suspended. */
  monotonic(): number;
}

const machine: ClockSources = { wall: () => Date.now(), monotonic: () => performance.now() };

/**
 * Wall time at start, then as the monotonic clock goes, never before `notBefore` (the newest time in the store). A wall
 * clock that is set back revives no code. One that went ahead alone is believed: the machine was suspended, and what
 * has expired meanwhile must stay so. It may also have been set, and then codes end early, which harms nobody
 * (docs/decisions/0024). More than a day is believed of neither.
 */
export class SteadyClock implements Clock {
  readonly #sources: ClockSources;
  #offset: number;
  /** How far the wall clock is ahead without being believed. */
  #disbelieved = 0;

  constructor(notBefore: number, sources = machine) {
    this.#sources = sources;
    const wall = sources.wall();
    const start = notBefore - wall > mostAheadMs ? wall : Math.max(wall, notBefore);
    this.#offset = start - sources.monotonic();
  }

  now(): number {
    const now = this.#offset + this.#sources.monotonic();
    const ahead = this.#sources.wall() - now - this.#disbelieved;
    if (ahead <= stepMs) return Math.floor(now);
    if (ahead > mostAheadMs) this.#disbelieved += ahead;
    else this.#offset += ahead;
    return Math.floor(this.#offset + this.#sources.monotonic());
  }
}

/** A clock that tests set. */
export class ManualClock implements Clock {
  #now: number;

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  advance(ms: number): void {
    this.#now += ms;
  }
}
