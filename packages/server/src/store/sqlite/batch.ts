/**
 * Natural batching for a synchronous engine: the calls of one turn of the event loop share one transaction, so that
 * they share one fsync. Idle, a call waits for nothing.
 */
import type { DatabaseSync } from "node:sqlite";
import { StoreUnavailable, UnreadableRow } from "../../model/errors.ts";

/** If the file is busy for longer, the batch's callers get StoreUnavailable. */
const busyPatienceMs = 2_000;
const busyRetryMs = 25;
/** Calls that may wait; more are refused at once. */
const queueLimit = 20_000;

/** What the calls of one transaction hold in memory until its end. */
export interface Held {
  flush(): void;
  forget(): void;
}

interface Job {
  readonly work: () => unknown;
  readonly resolve: (value: never) => void;
  readonly reject: (fault: unknown) => void;
}

export class Batcher {
  readonly #db: DatabaseSync;
  readonly #held: Held;
  readonly #check: () => void;
  readonly #begin;
  readonly #commit;
  #batches = 0;
  #calls = 0;
  #queue: Job[] = [];
  /** Until when the oldest call of the queue may wait, on the monotonic clock. */
  #deadline = 0;
  #scheduled = false;
  #running: Promise<void> | undefined;

  /** `check`: throws StoreUnavailable if nothing must be written now. */
  constructor(db: DatabaseSync, held: Held, check: () => void = () => undefined) {
    this.#check = check;
    this.#db = db;
    this.#held = held;
    this.#begin = db.prepare("BEGIN IMMEDIATE");
    this.#commit = db.prepare("COMMIT");
  }

  /**
   * Runs `work` inside a transaction that other calls may share; it runs again if the transaction must be repeated.
   * Resolves once it is durable.
   */
  run<T>(work: () => T): Promise<T> {
    if (this.#queue.length >= queueLimit)
      return Promise.reject(new StoreUnavailable("too many calls wait for the store"));
    return new Promise<T>((resolve, reject) => {
      if (this.#queue.length === 0) this.#deadline = performance.now() + busyPatienceMs;
      this.#queue.push({ work, resolve, reject });
      this.#schedule();
    });
  }

  get counts(): { batches: number; calls: number } {
    return { batches: this.#batches, calls: this.#calls };
  }

  /** Resolves when every call so far has its answer. */
  async drain(): Promise<void> {
    while (this.#queue.length > 0 || this.#running) {
      await this.#running;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #schedule(): void {
    if (this.#scheduled || this.#running) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      const jobs = this.#queue;
      this.#queue = [];
      const deadline = this.#deadline;
      if (this.#tryBatch(jobs, deadline)) return;
      this.#running = this.#retry(jobs, deadline).finally(() => {
        this.#running = undefined;
        if (this.#queue.length > 0) this.#schedule();
      });
    });
  }

  async #retry(jobs: Job[], deadline: number): Promise<void> {
    do await new Promise((resolve) => setTimeout(resolve, busyRetryMs));
    while (!this.#tryBatch(jobs, deadline));
  }

  /** `false`: another process holds the file, and the batch must be retried. */
  #tryBatch(jobs: Job[], deadline: number): boolean {
    let results: unknown[];
    try {
      this.#check();
      this.#begin.run();
      results = this.#runAll(jobs);
      this.#held.flush();
      this.#commit.run();
    } catch (fault) {
      this.#rollback();
      if (isBusy(fault) && performance.now() < deadline) return false;
      if (fault instanceof StoreUnavailable || isOutage(fault)) {
        const unavailable =
          fault instanceof StoreUnavailable
            ? fault
            : new StoreUnavailable("the store can't be written", { cause: fault });
        for (const job of jobs) job.reject(unavailable);
      } else this.#runApart(jobs, fault);
      return true;
    }
    this.#batches += 1;
    this.#calls += jobs.length;
    for (const [index, job] of jobs.entries()) {
      const result = results[index];
      if (result instanceof UnreadableRow) job.reject(result);
      else job.resolve(result as never);
    }
    return true;
  }

  #runAll(jobs: Job[]): unknown[] {
    const results = new Array<unknown>(jobs.length);
    for (let index = 0; index < jobs.length; index += 1) results[index] = outcomeOf(jobs[index] as Job);
    return results;
  }

  /** The fault may be of one call alone: the others must not fail with it. */
  #runApart(jobs: Job[], fault: unknown): void {
    const [only] = jobs;
    if (jobs.length === 1) {
      only?.reject(fault);
      return;
    }
    for (const job of jobs) this.#tryBatch([job], 0);
  }

  #rollback(): void {
    this.#held.forget();
    try {
      if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
    } catch {
      // The engine has already rolled back; the callers get the fault that made it do so.
    }
  }
}

/** What the call returned; or the row that it could not read, which it finds out before it has written anything. */
function outcomeOf({ work }: Job): unknown {
  try {
    return work();
  } catch (fault) {
    if (fault instanceof UnreadableRow) return fault;
    throw fault;
  }
}

const busyCodes = new Set([5, 6]);
/** BUSY, LOCKED, READONLY, IOERR, CORRUPT, FULL, CANTOPEN, PROTOCOL, NOTADB (sqlite.org/rescode.html, 2026-11). */
const outageCodes = new Set([5, 6, 8, 10, 11, 13, 14, 15, 26]);

function primaryCode(fault: unknown): number {
  const code = fault instanceof Error && "errcode" in fault ? Number(fault.errcode) : 0;
  return code & 0xff;
}

export function isBusy(fault: unknown): boolean {
  return busyCodes.has(primaryCode(fault));
}

export function isOutage(fault: unknown): boolean {
  return outageCodes.has(primaryCode(fault));
}
