/** What the time budget of a send is measured with. Real time, except in tests. */
export interface Timer {
  /** Ms since some moment; never goes back. */
  now(): number;
  /** Calls `then` after this many ms, unless the function that is returned is called before. */
  after(ms: number, then: () => void): () => void;
}

export const realTimer: Timer = {
  now: () => performance.now(),
  after(ms, then) {
    const timeout = setTimeout(then, ms);
    return () => clearTimeout(timeout);
  },
};
