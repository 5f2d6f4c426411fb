/**
 * Does the entries of the store's queue. Every process has a worker; the one that claims an entry does it. An entry
 * whose process dies is claimed again once its lease has expired, so a handler must be able to do the same thing twice.
 */
import type { Log } from "../observe/log.ts";
import type { Store } from "../store/port.ts";
import type { ClaimedEntry, NewEntry } from "../store/ports/queue.ts";

/** What came of an entry. `againAt`: it is retried then, Unix ms of the store's clock. */
export type Fate = "done" | { readonly againAt: number };

/** Ends well within the worker's lease. One that rejects is called again later, as often as it takes. */
export type Handler = (entry: ClaimedEntry) => Promise<Fate>;

export interface WorkerOptions {
  readonly store: Pick<Store, "queue" | "now">;
  readonly log: Log;
  /** Entries in hand at once. */
  readonly concurrency?: number;
  /** How long a claim holds, ms. */
  readonly leaseMs?: number;
  /** The longest rest before it looks what others have put on the queue, ms. */
  readonly idleMs?: number;
}

type Limits = Required<Pick<WorkerOptions, "concurrency" | "leaseMs" | "idleMs">>;

const defaults: Limits = { concurrency: 16, leaseMs: 60_000, idleMs: 1_000 };
const longestBackOffMs = 5 * 60_000;

/** The rest after the handler has rejected for the `tries`-th time, ms. */
export function backOffMs(tries: number): number {
  return Math.min(longestBackOffMs, 1_000 * 2 ** Math.min(tries - 1, 20));
}

export class Worker {
  readonly #store: WorkerOptions["store"];
  readonly #log: Log;
  readonly #limits: Limits;
  readonly #handlers = new Map<string, Handler>();
  readonly #inHand = new Set<Promise<void>>();
  #isOpen = false;
  #looking: Promise<void> | undefined;
  #mustLookAgain = false;
  #timer: NodeJS.Timeout | undefined;
  /** When an entry is due that this process knows of, Unix ms of the store's clock. */
  #nextDue = Number.POSITIVE_INFINITY;
  #done: number[] = [];
  #finishing: Promise<void> | undefined;

  constructor({ store, log, ...limits }: WorkerOptions) {
    this.#store = store;
    this.#log = log;
    this.#limits = { ...defaults, ...limits };
  }

  /** What does the entries of a topic; topics without a handler are left to processes that have one. */
  handle(topic: string, handler: Handler): void {
    this.#handlers.set(topic, handler);
  }

  start(): void {
    this.#isOpen = true;
    this.wake();
  }

  /** Puts entries on the queue and looks at it when the first of them is due. */
  async enqueue(entries: readonly NewEntry[]): Promise<void> {
    await this.#store.queue.enqueue(entries);
    this.#wakeAt(Math.min(...entries.map(({ due }) => due)));
  }

  /** Looks at the queue now: something was put on it. */
  wake(): void {
    if (!this.#isOpen) return;
    clearTimeout(this.#timer);
    this.#mustLookAgain = true;
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
      this.#rest();
    });
  }

  /** Claims nothing more; resolves when what is in hand is done. */
  async close(): Promise<void> {
    this.#isOpen = false;
    clearTimeout(this.#timer);
    await this.#looking;
    await Promise.all(this.#inHand);
  }

  /** Claims what is due, until nothing is or its hands are full. */
  async #look(): Promise<void> {
    const { concurrency, leaseMs } = this.#limits;
    try {
      while (this.#isOpen && this.#mustLookAgain && this.#inHand.size < concurrency) {
        this.#mustLookAgain = false;
        if (this.#nextDue <= this.#store.now()) this.#nextDue = Number.POSITIVE_INFINITY;
        const claimed = await this.#store.queue.claimDue(
          [...this.#handlers.keys()],
          concurrency - this.#inHand.size,
          leaseMs,
        );
        for (const entry of claimed) this.#take(entry);
      }
    } catch (fault) {
      this.#mustLookAgain = false;
      this.#log.warn(
        { event: "queue_not_reached", message: messageOf(fault) },
        "the queue can't be reached; what stands on it waits",
      );
    }
  }

  #rest(): void {
    if (!this.#isOpen) return;
    if (this.#mustLookAgain && this.#inHand.size < this.#limits.concurrency) {
      this.wake();
      return;
    }
    const restMs = Math.min(this.#limits.idleMs, Math.max(0, this.#nextDue - this.#store.now()));
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.wake(), restMs).unref();
  }

  #wakeAt(due: number): void {
    if (due >= this.#nextDue) return;
    this.#nextDue = due;
    if (!this.#looking) this.#rest();
  }

  #take(entry: ClaimedEntry): void {
    const work = this.#do(entry).finally(() => {
      this.#inHand.delete(work);
      // Its hand is free, and the next entry of its subject may be due.
      this.wake();
    });
    this.#inHand.add(work);
  }

  async #do(entry: ClaimedEntry): Promise<void> {
    const { id, topic, tries } = entry;
    const fate = await this.#fateOf(entry);
    try {
      if (fate === "done") return await this.#finish(id);
      await this.#store.queue.retryAt(id, fate.againAt, tries);
      this.#wakeAt(fate.againAt);
    } catch (fault) {
      this.#log.warn(
        { event: "queue_not_reached", topic, message: messageOf(fault) },
        "what came of an entry can't be written; it is done again",
      );
    }
  }

  async #fateOf(entry: ClaimedEntry): Promise<Fate> {
    const { topic, tries } = entry;
    try {
      const handler = this.#handlers.get(topic);
      if (!handler) throw new Error(`nothing handles the topic ${topic}`);
      return await handler(entry);
    } catch (fault) {
      this.#log.warn(
        { event: "entry_failed", topic, tries, message: messageOf(fault) },
        "an entry could not be done; it is tried again",
      );
      return { againAt: this.#store.now() + backOffMs(tries) };
    }
  }

  /** Entries that are done in one turn of the event loop are removed in one step. */
  #finish(id: number): Promise<void> {
    this.#done.push(id);
    this.#finishing ??= new Promise((resolve) => setImmediate(resolve)).then(() => {
      this.#finishing = undefined;
      return this.#store.queue.finish(this.#done.splice(0));
    });
    return this.#finishing;
  }
}

function messageOf(fault: unknown): string {
  return fault instanceof Error ? fault.message : String(fault);
}
