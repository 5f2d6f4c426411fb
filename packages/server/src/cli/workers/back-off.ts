/** How long a worker's replacement waits: workers that die at once must not keep the machine busy with starts. */

export const backOff = { firstMs: 100, mostMs: 10_000, wellMs: 30_000 } as const;

export class BackOff {
  #failures = 0;

  /** The wait before the next start; `livedMs`: how long the one that ended had been running. */
  next(livedMs: number): number {
    if (livedMs >= backOff.wellMs) this.#failures = 0;
    const waitMs = Math.min(backOff.mostMs, backOff.firstMs * 2 ** this.#failures);
    this.#failures += 1;
    return waitMs;
  }
}
