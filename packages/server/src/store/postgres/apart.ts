/**
 * The side lanes: calls that go by themselves, since they have lost many races or somebody holds their rows. No two of
 * them are for the same row, so that one row that is held keeps no more than one of the lanes.
 */
import type { RowRef } from "../engine.ts";
import { counterName } from "./batch.ts";
import type { Job } from "./job.ts";

/** Each takes a connection while it waits. */
const lanes = 2;
/** How long a row counts as held after it was found so, ms. */
const heldForMs = 500;

export class Apart {
  readonly #run: (job: Job) => Promise<void>;
  readonly #waiting: Job[] = [];
  readonly #busy = new Set<string>();
  readonly #held = new Map<string, number>();
  #running = 0;

  /** `run` gives the job its answer and never rejects. */
  constructor(run: (job: Job) => Promise<void>) {
    this.#run = run;
  }

  get isIdle(): boolean {
    return this.#running === 0 && this.#waiting.length === 0;
  }

  add(job: Job): void {
    this.#waiting.push(job);
    this.#start();
  }

  /** From now on, and for a while, calls for these rows or counters go apart. */
  hold(names: Iterable<string>): void {
    const until = performance.now() + heldForMs;
    for (const name of names) this.#held.set(name, until);
  }

  /** Whether the job needs something that is held. */
  isHeld(job: Job): boolean {
    if (this.#held.size === 0) return false;
    const now = performance.now();
    for (const [name, until] of this.#held) if (until <= now) this.#held.delete(name);
    return namesOf(job).some((name) => this.#held.has(name));
  }

  #start(): void {
    while (this.#running < lanes) {
      const at = this.#waiting.findIndex((job) => !namesOf(job).some((name) => this.#busy.has(name)));
      const [job] = at < 0 ? [] : this.#waiting.splice(at, 1);
      if (!job) return;
      const names = namesOf(job);
      for (const name of names) this.#busy.add(name);
      this.#running += 1;
      void this.#run(job).finally(() => {
        for (const name of names) this.#busy.delete(name);
        this.#running -= 1;
        this.#start();
      });
    }
  }
}

/** The rows and counters that a call needs, as far as it is known. */
export function namesOf({ refs, call }: { readonly refs: readonly RowRef[]; readonly call: Job["call"] }): string[] {
  const counters = [...(call.counters ?? []), ...(call.givesBack ?? [])];
  return [...refs.map(({ name }) => name), ...counters.map(counterName)];
}
