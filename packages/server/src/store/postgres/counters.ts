/** What this process believes of counters, and how a batch changes one of their slots. */
import type { UnreadableRow } from "../../model/errors.ts";
import type { CounterRef } from "../engine.ts";
import {
  type Counter,
  counted,
  counterUntil,
  emptyCounter,
  olderCount,
  olderIn,
  shareOf,
  slotsOf,
} from "../rules/counters.ts";

export interface KnownSlot {
  /** 0: there is no row. */
  readonly version: number;
  readonly counter: Counter;
  /** Why the row can't be read; the calls that need it fail. */
  readonly fault?: UnreadableRow;
}

/** A slot as the database has it; its numbers as text. */
export function knownSlot({ version, n, at, older }: Readonly<Record<string, string | undefined>>): KnownSlot {
  const is = { version: Number(version) };
  try {
    return { ...is, counter: { at: Number(at), n: Number(n), older: olderIn(older ?? "") } };
  } catch (fault) {
    return { ...is, counter: emptyCounter, fault: fault as UnreadableRow };
  }
}

export interface KnownCounter {
  readonly slots: (KnownSlot | undefined)[];
  /** The trip that read it. */
  readonly readIn: number;
}

/** All that a batch counts in one slot: one write. */
export class CounterChange {
  readonly name: string;
  readonly slot: number;
  readonly was: KnownSlot;
  next: Counter;
  delta = 0;
  /** 0: an add, which others may do at the same time; else the row is replaced, if none has counted meanwhile. */
  version = 0;
  /** Its place among the batch's changes, from 1. */
  place = 0;
  /** The limit that is counted for; of what is only given back, none is known. */
  #ref: CounterRef;
  #givenBack = 0;

  constructor(ref: CounterRef, name: string, slot: number, was: KnownSlot) {
    this.#ref = ref;
    this.name = name;
    this.slot = slot;
    this.was = was;
    this.next = was.counter;
  }

  add(ref: CounterRef, bucketAt: number, n: number, now: number, nextVersion: () => number): void {
    if (ref.count > 0) this.#ref = ref;
    const isPlain = this.was.version !== 0 && bucketAt === this.was.counter.at;
    if (!isPlain && this.version === 0) this.version = nextVersion();
    this.delta += n;
    if (n < 0) this.#givenBack -= n;
    this.next = counted(this.next, bucketAt, n, ref.windowMs, now);
  }

  /** As `next`, but what the same batch gives back makes no room: its call may still fail. */
  get forRoom(): Counter {
    return this.#givenBack === 0 ? this.next : { ...this.next, n: this.next.n + this.#givenBack };
  }

  /**
   * The most that the current span and this change may come to: what the slot's share leaves beside the older spans,
   * and beside what this batch gives back.
   */
  mostInSpan(now: number): number {
    const { slot, was } = this;
    if (this.#ref.count === 0) return Number.MAX_SAFE_INTEGER;
    const share = shareOf(this.#ref, slotsOf(this.#ref), slot);
    return share - olderCount(was.counter, this.#ref.windowMs, now) - this.#givenBack;
  }

  get until(): number {
    return counterUntil(this.next, this.#ref.windowMs);
  }
}
