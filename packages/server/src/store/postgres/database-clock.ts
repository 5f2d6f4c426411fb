/** What the database's clock says now, known from the times in its replies. */

/** Two machines' clocks drift apart by less than this, as a fraction of the time that passes. */
const drift = 100e-6;

/**
 * A reply's time lies between the moments when its request left and when it arrived, which bounds the difference of the
 * two clocks; bounds of several replies together narrow it down. A reply that contradicts them (the database's clock
 * was set, or another database took over) starts anew.
 */
export class DatabaseClock {
  #least = Number.NEGATIVE_INFINITY;
  #most = Number.POSITIVE_INFINITY;
  #seenAt = 0;

  /** A reply said `at`; its request left at `sentAt`, and it arrived at `arrivedAt`, both of performance.now(). */
  learn(at: number, sentAt: number, arrivedAt: number): void {
    const widening = (arrivedAt - this.#seenAt) * drift;
    // The database's milliseconds are cut off, not rounded.
    const least = Math.max(this.#least - widening, at - arrivedAt);
    const most = Math.min(this.#most + widening, at + 1 - sentAt);
    const contradicted = least > most;
    this.#least = contradicted ? at - arrivedAt : least;
    this.#most = contradicted ? at + 1 - sentAt : most;
    this.#seenAt = arrivedAt;
  }

  now(): number {
    return Math.floor((this.#least + this.#most) / 2 + performance.now());
  }
}
