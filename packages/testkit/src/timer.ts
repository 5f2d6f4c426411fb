/** Time budgets that end when a test says so, however slow the machine is. */
import type { Timer } from "../../server/src/delivery/timer.ts";

interface Entry {
  readonly at: number;
  readonly then: () => void;
}

export class ManualTimer implements Timer {
  #now = 0;
  #ended = false;
  readonly #waiting = new Set<Entry>();

  now(): number {
    return this.#now;
  }

  after(ms: number, then: () => void): () => void {
    const entry = { at: this.#now + ms, then };
    this.#waiting.add(entry);
    if (this.#ended) this.#happen([entry]);
    return () => void this.#waiting.delete(entry);
  }

  /** Everything that is due within this time happens now, the earliest first. */
  advance(ms: number): void {
    this.#now += ms;
    this.#happen([...this.#waiting].filter(({ at }) => at <= this.#now).sort((one, other) => one.at - other.at));
  }

  /** What waits happens now, and what begins to wait from now on happens at once. */
  end(): void {
    this.#ended = true;
    this.#happen([...this.#waiting]);
  }

  #happen(due: readonly Entry[]): void {
    for (const entry of due) if (this.#waiting.delete(entry)) entry.then();
  }
}
