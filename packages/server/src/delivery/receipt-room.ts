/**
 * How many receipts may wait for their messages, as entries of the queue. What one gateway reports must not push out
 * what another does: each has a share that only it can use, and one gateway can't use up what all have together.
 */

/** Entries that may wait. */
export const receiptRoom = {
  /** Of one gateway, however few the others have. */
  perGateway: 500,
  /** Of all together. */
  inAll: 1_000,
  /** Of one gateway, however many the others have. */
  reserved: 50,
} as const;

/** How old a count may be, ms. */
const countedForMs = 1_000;
const warnEveryMs = 60_000;

/** Entries whose subjects begin with `first`, or all; counted up to `atMost`. */
type CountWaiting = (atMost: number, first?: string) => Promise<number>;

interface Count {
  entries: number;
  /** By the monotonic clock, ms. */
  countedAt: number;
  warnedAt: number;
}

export class ReceiptRoom {
  readonly #countWaiting: CountWaiting;
  /** By what the subjects of a gateway's entries begin with; "": all. */
  readonly #counts = new Map<string, Count>();

  constructor(countWaiting: CountWaiting) {
    this.#countWaiting = countWaiting;
  }

  /** How many of `wanted` entries there is room for; they count as waiting from now on. */
  async take(first: string, wanted: number): Promise<number> {
    const { perGateway, inAll, reserved } = receiptRoom;
    const own = await this.#count(first, perGateway);
    const all = await this.#count("", inAll);
    const shared = Math.min(perGateway - own.entries, inAll - all.entries);
    const given = Math.max(0, Math.min(wanted, Math.max(shared, reserved - own.entries)));
    own.entries += given;
    all.entries += given;
    return given;
  }

  /** Whether it must be said that there is no room: once a minute for each gateway. */
  mustWarn(first: string): boolean {
    const count = this.#counts.get(first);
    const now = performance.now();
    if (!count || now < count.warnedAt + warnEveryMs) return false;
    count.warnedAt = now;
    return true;
  }

  async #count(first: string, atMost: number): Promise<Count> {
    const now = performance.now();
    const count = this.#counts.get(first) ?? {
      entries: 0,
      countedAt: Number.NEGATIVE_INFINITY,
      warnedAt: Number.NEGATIVE_INFINITY,
    };
    this.#counts.set(first, count);
    if (now < count.countedAt + countedForMs) return count;
    count.countedAt = now;
    count.entries = await this.#countWaiting(atMost, first);
    return count;
  }
}
