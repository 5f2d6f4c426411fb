/** The clock of a store, Unix ms. */
export interface Clock {
  now(): number;
}

/**
 * Wall time at start plus the monotonic clock, never before `notBefore` (the newest time in the store): a wall clock
 * that is set back or forward while the process runs neither revives nor ends a code.
 */
export function steadyClock(notBefore: number): Clock {
  const offset = Math.max(Date.now(), notBefore) - performance.now();
  return { now: () => Math.floor(offset + performance.now()) };
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
