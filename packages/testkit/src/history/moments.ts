/** The clock of a run: its operations and messages are recorded by it. */
export class Moments {
  #skipped = 0;
  #longest = 0;

  /** As performance.now(), and the time that servers were suspended. */
  now(): number {
    return performance.now() + this.#skipped;
  }

  /** Unix ms. */
  wall(): number {
    return Date.now() + this.#skipped;
  }

  /** So much time, ms, has passed while the servers stood still. */
  skip(ms: number): void {
    this.#skipped += ms;
    this.#longest = Math.max(this.#longest, ms);
  }

  /** All that was skipped, ms. */
  get skipped(): number {
    return this.#skipped;
  }

  /** The longest time that was skipped at once, ms. */
  get longestSkip(): number {
    return this.#longest;
  }
}
