/** Sends that wait for their turn at one gateway: first come, first served, each for so long at most. */
import type { Timer } from "./timer.ts";

/** More do not wait. */
const mostWaiting = 1_000;

interface Turn {
  readonly ticket: number;
  /** `false`: its time is over. */
  settle(hasCome: boolean): void;
}

export class Turns {
  readonly #waiting: Turn[] = [];
  #waitedMs = 0;
  #tickets = 0;

  get waiting(): number {
    return this.#waiting.length;
  }

  /** How long all sends so far have waited, ms. */
  get waitedMs(): number {
    return this.#waitedMs;
  }

  /** A place in the order of those that wait; whoever had a turn and could not go keeps it. */
  ticket(): number {
    this.#tickets += 1;
    return this.#tickets;
  }

  /** Resolves with whether the turn has come. */
  wait(ms: number, timer: Timer, ticket: number): Promise<boolean> {
    if (ms <= 0 || this.#waiting.length >= mostWaiting) return Promise.resolve(false);
    const since = timer.now();
    return new Promise<boolean>((resolve) => {
      const turn: Turn = {
        ticket,
        settle: (hasCome) => {
          stop();
          const at = this.#waiting.indexOf(turn);
          if (at >= 0) this.#waiting.splice(at, 1);
          this.#waitedMs += timer.now() - since;
          resolve(hasCome);
        },
      };
      const stop = timer.after(ms, () => turn.settle(false));
      const before = this.#waiting.findLastIndex((other) => other.ticket < ticket);
      this.#waiting.splice(before + 1, 0, turn);
    });
  }

  /** The first that waits goes; `false`: none does. */
  next(): boolean {
    const [first] = this.#waiting;
    first?.settle(true);
    return first !== undefined;
  }
}
