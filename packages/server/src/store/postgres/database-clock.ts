/** What the database's clock says now, known from the times in its replies. */
import { mostAheadMs } from "../clock.ts";

/** Two machines' clocks drift apart by less than this, as a fraction of the time that passes. */
const drift = 100e-6;
/** A clock that differs by less was not set, ms. */
const stepMs = 1_000;

/**
 * A reply's time lies between the moments when its request left and when it arrived, which bounds the difference of the
 * two clocks; bounds of several replies together narrow it down. A reply that contradicts them (the database's clock
 * was set, or another database took over) starts anew.
 *
 * The time of the store never goes back: if the database's clock does, it is ahead of it from then on (`lead`), until
 * that clock is set forward again. Otherwise a code that has expired would be right once more.
 */
export class DatabaseClock {
  #least = Number.NEGATIVE_INFINITY;
  #most = Number.POSITIVE_INFINITY;
  #seenAt = 0;
  #lead = 0;

  /** A reply said `at`; its request left at `sentAt`, and it arrived at `arrivedAt`, both of performance.now(). */
  learn(at: number, sentAt: number, arrivedAt: number): void {
    const widening = (arrivedAt - this.#seenAt) * drift;
    // The database's milliseconds are cut off, not rounded.
    const least = Math.max(this.#least - widening, at - arrivedAt);
    const most = Math.min(this.#most + widening, at + 1 - sentAt);
    const contradicted = least > most;
    const before = this.#middle;
    this.#least = contradicted ? at - arrivedAt : least;
    this.#most = contradicted ? at + 1 - sentAt : most;
    this.#seenAt = arrivedAt;
    const back = before - this.#middle;
    if (contradicted && Math.abs(back) > stepMs) this.#lead = within(this.#lead + back);
  }

  /** The store has seen this time, Unix ms. */
  notBefore(newest: number): void {
    const back = newest - this.now();
    if (back > stepMs) this.#lead = within(this.#lead + back);
  }

  /** How far the store's time is ahead of the database's clock, ms. */
  get lead(): number {
    return this.#lead;
  }

  now(): number {
    return Math.floor(this.#middle + performance.now() + this.#lead);
  }

  get #middle(): number {
    return (this.#least + this.#most) / 2;
  }
}

/** A clock that was further ahead was wrong: its times count for nothing. */
function within(lead: number): number {
  return lead > mostAheadMs || Number.isNaN(lead) ? 0 : Math.max(0, lead);
}
