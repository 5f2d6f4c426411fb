/**
 * The part of the store's port that keeps what must still be done. Any process on the store may do it: an entry is
 * claimed under a lease, done, and finished, so each is done at least once. Entries of one topic and subject are done
 * in the order in which they were added: none is claimed while an earlier one is unfinished.
 */
export interface NewEntry {
  /** Which handler does it. */
  readonly topic: string;
  /** What it is about: entries of one topic and subject keep their order. At most 500 characters. */
  readonly subject: string;
  /** It is not done before this time, Unix ms of the store's clock. */
  readonly due: number;
  /** What the handler needs, as text. Never a code or a secret. */
  readonly body: string;
}

export interface ClaimedEntry extends Omit<NewEntry, "due"> {
  readonly id: number;
  /** How often it has been claimed, this time included. */
  readonly tries: number;
}

export interface WorkQueue {
  /** All of them or none. */
  enqueue(entries: readonly NewEntry[]): Promise<void>;
  /**
   * Claims at most `limit` entries of these topics that are due. Another process may claim them once `leaseMs` have
   * passed on the store's clock.
   */
  claimDue(topics: readonly string[], limit: number, leaseMs: number): Promise<readonly ClaimedEntry[]>;
  /** Removes entries that are done, even if their lease has ended. Entries that are gone already change nothing. */
  finish(ids: readonly number[]): Promise<void>;
  /** Ends the claim that was the entry's `tries`-th; it is due again at `at`, Unix ms. A later claim stays as it is. */
  retryAt(id: number, at: number, tries: number): Promise<void>;
  /** How many entries of a topic are unfinished, counted up to `atMost`; with `first`, of the subjects that begin so. */
  waiting(topic: string, atMost: number, first?: string): Promise<number>;
}
