/** A clock that stands still while rows are made. */
export class HeldClock {
  #from = Date.now();
  #releasedAt: number | undefined;

  now(): number {
    const passed = this.#releasedAt === undefined ? 0 : performance.now() - this.#releasedAt;
    return this.#from + Math.floor(passed);
  }

  hold(): void {
    this.#from = this.now();
    this.#releasedAt = undefined;
  }

  release(): void {
    this.#releasedAt = performance.now();
  }
}
