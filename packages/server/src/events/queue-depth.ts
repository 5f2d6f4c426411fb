/** Counts now and then what waits in the store's queue, for the metrics. A store that can't be reached is told elsewhere. */
import type { Store } from "../store/port.ts";

const everyMs = 15_000;
const countedAtMost = 10_000;

export class QueueDepth {
  readonly #store: Pick<Store, "queue">;
  readonly #topics: readonly string[];
  readonly #waiting: Record<string, number> = {};
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;

  constructor(store: Pick<Store, "queue">, topics: readonly string[]) {
    this.#store = store;
    this.#topics = topics;
    for (const topic of topics) this.#waiting[topic] = 0;
  }

  /** By topic, as of the last look. */
  get waiting(): Readonly<Record<string, number>> {
    return this.#waiting;
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.#looking ??= this.look()
        .catch(() => undefined)
        .finally(() => {
          this.#looking = undefined;
        });
    }, everyMs).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }

  /** Looks now. */
  async look(): Promise<void> {
    for (const topic of this.#topics) this.#waiting[topic] = await this.#store.queue.waiting(topic, countedAtMost);
  }
}
