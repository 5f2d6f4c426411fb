/** Says in the log that a limit refuses: at once, and then at most once a minute how often it did since. */
import type { Log } from "./log.ts";

const quietMs = 60_000;
/** Limits and services that are told apart. */
const mostKept = 1_000;

export class RefusalLog {
  readonly #log: Log;
  readonly #now: () => number;
  readonly #told = new Map<string, { at: number; since: number }>();

  /** `now`: Unix ms. */
  constructor(log: Log, now: () => number) {
    this.#log = log;
    this.#now = now;
  }

  /** A request of the service was refused by the limit. */
  note(limit: string, serviceId: string): void {
    const now = this.#now();
    const name = `${limit} ${serviceId}`;
    const told = this.#told.get(name);
    if (told && now - told.at < quietMs) {
      told.since += 1;
      return;
    }
    if (!told && this.#told.size >= mostKept) this.#told.clear();
    this.#told.set(name, { at: now, since: 0 });
    const count = (told?.since ?? 0) + 1;
    this.#log.info({ event: "limit_refused", limit, serviceId, count }, "a limit refuses requests");
  }
}
