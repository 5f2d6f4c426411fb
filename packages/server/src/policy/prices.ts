/** What messages cost: an account's prices, looked up without I/O. */
import type { Price } from "../model/price.ts";

export class Prices {
  /** By country and gateway. */
  readonly #micros: ReadonlyMap<string, number>;

  constructor(prices: readonly Price[]) {
    this.#micros = new Map(prices.map(({ country, gateway, micros }) => [`${country} ${gateway}`, micros]));
  }

  /**
   * Micros of one segment: the price of the country and the gateway, else of the country, else of the gateway, else of
   * all. A number that may be of several countries costs what the dearest of them does. `undefined`: none is known.
   */
  find(countries: readonly string[], gateway: string): number | undefined {
    if (this.#micros.size === 0) return undefined;
    let dearest: number | undefined;
    for (const country of countries.length === 0 ? ["*"] : countries) {
      const micros =
        this.#micros.get(`${country} ${gateway}`) ??
        this.#micros.get(`${country} *`) ??
        this.#micros.get(`* ${gateway}`) ??
        this.#micros.get("* *");
      if (micros !== undefined && (dearest === undefined || micros > dearest)) dearest = micros;
    }
    return dearest;
  }
}

export const noPrices = new Prices([]);
