/**
 * Natural batching over a network: while one round trip is under way, the calls that arrive wait and go together in the
 * next. Idle, a call waits for nothing. Several lanes hide a distant database's round trips, at the price of smaller batches.
 */
import { StoreUnavailable } from "../../model/errors.ts";
import { isRolledBack, kindOf, unavailable } from "./faults.ts";
import { type Item, slotLock } from "./items.ts";
import type { PlainCall } from "./plain.ts";

/** A call that has waited longer than this, or met an outage for as long, gets StoreUnavailable. */
export const callPatienceMs = 2_000;
const outageRestMs = 50;
/** Calls that may wait; more are refused at once. */
const queueLimit = 20_000;
/** A connection's fair share of PostgreSQL's lock table is 64 (`max_locks_per_transaction`). */
const locksPerBatch = 64;

/** A batch of any calls: the items as JSON, and the names of the locks that they need. */
export interface Batch {
  readonly items: string;
  readonly locks: readonly string[];
}

/** A batch of plain calls. */
export interface PlainBatch {
  readonly calls: readonly PlainCall[];
  readonly locks: readonly string[];
}

/** An answer of the database, by place in the batch. */
export interface Answer {
  readonly kind: string;
}

interface Job {
  readonly item: Item;
  readonly deadline: number;
  /** The slot tried at first had no room: this time all of them are locked. */
  everySlot: boolean;
  /** An answer was lost: it may have been done already. */
  mayBeDone: boolean;
  /** Still to be tried as a plain call. */
  plain: PlainCall | undefined;
  readonly resolve: (answer: never) => void;
  readonly reject: (fault: unknown) => void;
}

export interface BatcherOptions {
  /** Round trips under way at one time. */
  readonly lanes: number;
  /** Calls per round trip. */
  readonly size: number;
  /** `callPatienceMs` unless told. */
  readonly patienceMs?: number;
  /** One round trip. */
  readonly send: (batch: Batch) => Promise<readonly Answer[]>;
  /** One round trip of plain calls; no answer for those that were none. */
  readonly sendPlain: (batch: PlainBatch) => Promise<readonly (Answer | undefined)[]>;
}

export class Batcher {
  readonly #lanes: number;
  readonly #size: number;
  readonly #patienceMs: number;
  readonly #send: BatcherOptions["send"];
  readonly #sendPlain: BatcherOptions["sendPlain"];
  #batches = 0;
  #calls = 0;
  #queue: Job[] = [];
  #head = 0;
  #busy = 0;
  #scheduled = false;
  #drained: (() => void)[] = [];

  constructor({ lanes, size, patienceMs = callPatienceMs, send, sendPlain }: BatcherOptions) {
    this.#lanes = lanes;
    this.#size = size;
    this.#patienceMs = patienceMs;
    this.#send = send;
    this.#sendPlain = sendPlain;
  }

  /** Resolves with the database's answer once it is committed. */
  run<T>(item: Item): Promise<T> {
    if (this.#waiting >= queueLimit) return Promise.reject(new StoreUnavailable("too many calls wait for the store"));
    return new Promise<T>((resolve, reject) => {
      const deadline = performance.now() + this.#patienceMs;
      this.#queue.push({ item, deadline, everySlot: false, mayBeDone: false, plain: item.plain, resolve, reject });
      this.#schedule();
    });
  }

  get counts(): { batches: number; calls: number } {
    return { batches: this.#batches, calls: this.#calls };
  }

  /** Resolves when every call so far has its answer. */
  async drain(): Promise<void> {
    if (this.#busy > 0 || this.#waiting > 0) await new Promise<void>((resolve) => this.#drained.push(resolve));
  }

  get #waiting(): number {
    return this.#queue.length - this.#head;
  }

  /** The calls of one turn of the event loop go together. */
  #schedule(): void {
    if (this.#scheduled || this.#busy >= this.#lanes) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (this.#waiting > 0) void this.#runLane();
    });
  }

  async #runLane(): Promise<void> {
    this.#busy += 1;
    while (this.#waiting > 0) {
      await this.#perform(this.#take());
      // What the answered callers ask next, and what has arrived meanwhile, goes together in the next.
      await turnOfTheLoop();
    }
    this.#busy -= 1;
    if (this.#busy > 0 || this.#waiting > 0) return;
    for (const resolve of this.#drained.splice(0)) resolve();
  }

  #take(): Job[] {
    const jobs: Job[] = [];
    for (let locks = 0; jobs.length < this.#size && this.#waiting > 0; ) {
      const job = this.#queue[this.#head];
      if (!job) break;
      locks += locksOf(job);
      if (jobs.length > 0 && locks > locksPerBatch) break;
      this.#head += 1;
      jobs.push(job);
    }
    if (this.#head === this.#queue.length || this.#head > queueLimit) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    // A lane is left over for the rest, where there is one.
    if (this.#waiting > 0) this.#schedule();
    return jobs;
  }

  /** First the plain calls; then, by another round trip, the others and what turned out not to be plain. */
  async #perform(jobs: Job[]): Promise<void> {
    for (let left = inTime(jobs); left.length > 0; left = inTime(left)) {
      const plain = plainOf(left);
      const others = plain.length > 0 ? left.filter((job) => !job.plain) : [];
      if (plain.length > 0) left = plain;
      try {
        const answers = plain.length > 0 ? await this.#sendPlain(plainBatchOf(plain)) : await this.#send(batchOf(left));
        const asked = left.length;
        left = answer(left, answers);
        this.#batches += 1;
        this.#calls += asked - left.length;
      } catch (fault) {
        const kind = kindOf(fault);
        if (kind === "fault" && plain.length === 0) return this.#performApart(left, fault);
        if (kind === "fault") for (const job of left) job.plain = undefined;
        if (kind === "outage") left = survivors(left, fault);
        if (kind !== "fault" && left.length > 0) await rest(kind === "again" ? Math.random() * outageRestMs : outageRestMs);
      }
      left = [...left, ...others];
    }
  }

  /** One call has a fault of its own: the others must not suffer for it. */
  async #performApart(jobs: Job[], fault: unknown): Promise<void> {
    if (jobs.length === 1) jobs[0]?.reject(fault);
    else for (const job of jobs) await this.#perform([job]);
  }
}

function locksOf({ item, everySlot }: Job): number {
  return item.shared.reduce((sum, { slots }) => sum + (everySlot ? slots : 1), item.locks.length);
}

/** The jobs that may still run; those that have waited too long are told so. */
function inTime(jobs: readonly Job[]): Job[] {
  const now = performance.now();
  const late = jobs.filter(({ deadline }) => deadline <= now);
  if (late.length === 0) return [...jobs];
  for (const job of late) job.reject(new StoreUnavailable("the store did not answer in time"));
  return jobs.filter(({ deadline }) => deadline > now);
}

/** After an outage: the jobs that may run again. Nobody knows whether the others were done. */
function survivors(jobs: readonly Job[], fault: unknown): Job[] {
  const rolledBack = isRolledBack(fault);
  return jobs.filter((job) => {
    job.mayBeDone ||= !rolledBack;
    if (rolledBack || job.item.repeatable) return true;
    job.reject(unavailable(fault));
    return false;
  });
}

/** Hands out the answers; returns the jobs that have to run again. No answer to a plain call: it was none. */
function answer(jobs: readonly Job[], answers: readonly (Answer | undefined)[]): Job[] {
  const again: Job[] = [];
  for (let at = 0; at < jobs.length; at += 1) {
    const job = jobs[at];
    const given = answers[at];
    if (!job) continue;
    if (!given && job.plain) {
      job.plain = undefined;
      again.push(job);
    } else if (given?.kind === "again") {
      job.everySlot = true;
      again.push(job);
    } else if (!given || given.kind === "fault") job.reject(new Error(given && "message" in given ? String(given.message) : "no answer"));
    else if (job.mayBeDone && job.item.openAfterRepeat.includes(given.kind))
      job.reject(new StoreUnavailable("nobody can say whether the store did it"));
    else job.resolve(given as never);
  }
  return again;
}

function batchOf(jobs: readonly Job[]): Batch {
  const locks = new Set<string>();
  const luck = Math.floor(Math.random() * 0xffff);
  const items = jobs.map(({ item, everySlot }, at) => {
    for (const lock of item.locks) locks.add(lock);
    for (const limit of item.shared) {
      limit.slot = luck % limit.slots;
      if (everySlot) for (let slot = 0; slot < limit.slots; slot += 1) locks.add(slotLock(item.accountId, limit, slot));
      else locks.add(slotLock(item.accountId, limit, limit.slot));
    }
    return { seq: at + 1, ...item.fields(), ...(item.shared.length > 0 ? { shared: item.shared } : {}) };
  });
  return { items: JSON.stringify(items), locks: [...locks] };
}

/** Of the calls with one idempotency key only the first is plain: what it says to the others is not known yet. */
function plainOf(jobs: readonly Job[]): Job[] {
  const keys = new Set<string>();
  return jobs.filter((job) => {
    if (job.item.locks.some((lock) => keys.has(lock))) job.plain = undefined;
    for (const lock of job.item.locks) keys.add(lock);
    return job.plain !== undefined;
  });
}

function plainBatchOf(jobs: readonly Job[]): PlainBatch {
  return { calls: jobs.flatMap(({ plain }) => plain ?? []), locks: jobs.flatMap(({ item }) => item.locks) };
}

function turnOfTheLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function rest(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
