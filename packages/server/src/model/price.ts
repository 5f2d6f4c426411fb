/** What messages cost. Money is in micros: millionths of the account's currency, whole numbers. */

/** What one segment to a country through a gateway costs. */
export interface Price {
  /** ISO 3166-1 alpha-2, or `*`: every country that has no price of its own. */
  readonly country: string;
  /** A gateway's name, or for services without routes their provider; `*`: every one that has no price of its own. */
  readonly gateway: string;
  readonly micros: number;
}

/** Ceilings by country; `*`: each country that is not named, by itself. */
export type CountryBudgets = Readonly<Record<string, readonly Budget[]>>;

/** At most `count` micros in any span of `windowMs`. */
export interface Budget {
  readonly count: number;
  readonly windowMs: number;
}

/** What an account has set about money. Without a currency nothing of it counts. */
export interface AccountMoney {
  /** ISO 4217. */
  readonly currency?: string | undefined;
  /** What a segment costs that no price is known of. */
  readonly defaultPriceMicros?: number | undefined;
  readonly budgets?: readonly Budget[] | undefined;
  readonly countryBudgets?: CountryBudgets | undefined;
}
