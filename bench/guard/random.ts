/** Random numbers that a seed decides. */

/** sfc32 (Chris Doty-Humphrey, PractRand): 0 ≤ x < 1. */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #d = 1;

  /** `label`: streams of one seed that do not depend on each other. */
  constructor(seed: number, label: string) {
    let hash = 2_166_136_261 ^ seed;
    for (const char of `${seed} ${label}`) hash = Math.imul(hash ^ char.charCodeAt(0), 16_777_619);
    this.#a = hash | 0;
    this.#b = Math.imul(hash, 2_654_435_761) | 0;
    this.#c = seed | 0;
    for (let n = 0; n < 20; n += 1) this.next();
  }

  next(): number {
    const sum = (this.#a + this.#b + this.#d) | 0;
    this.#d = (this.#d + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  }

  between(least: number, most: number): number {
    return least + this.next() * (most - least);
  }

  whole(least: number, most: number): number {
    return Math.floor(this.between(least, most + 1));
  }

  one<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.next() * items.length)] as Item;
  }

  chance(share: number): boolean {
    return this.next() < share;
  }

  /** Exponential. */
  wait(mean: number): number {
    return -Math.log(1 - this.next()) * mean;
  }

  /** Median and spread of the logarithm. */
  lognormal(median: number, sigma: number): number {
    const normal = Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next());
    return median * Math.exp(sigma * normal);
  }

  /** Of `count`, the first the likeliest (Zipf with exponent 1). */
  ranked(count: number): number {
    return Math.min(count - 1, Math.floor(Math.exp(this.next() * Math.log(count + 1)) - 1));
  }

  digits(count: number): string {
    let text = "";
    for (let n = 0; n < count; n += 1) text += Math.floor(this.next() * 10);
    return text;
  }
}
