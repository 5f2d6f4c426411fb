/** How long a link waits before it connects again. */
export interface BackOffTimes {
  /** Before the second connect in a row, ms; it doubles. */
  readonly backOff: number;
  readonly backOffMost: number;
  /** A connection that was bound for longer starts the back-off anew, ms. */
  readonly steady: number;
}

export class BackOff {
  readonly #times: BackOffTimes;
  /** Connects in a row that did not lead to a steady connection. */
  #failures = 0;

  constructor(times: BackOffTimes) {
    this.#times = times;
  }

  /** The wait, ms; `boundMs`: how long the connection that was lost had been bound, 0 if it never was. */
  next(boundMs: number): number {
    if (boundMs > this.#times.steady) {
      this.#failures = 0;
      return 0;
    }
    this.#failures += 1;
    const most = Math.min(this.#times.backOff * 2 ** (this.#failures - 1), this.#times.backOffMost);
    // Not all processes of an installation in step.
    return most * (0.5 + Math.random() / 2);
  }
}
