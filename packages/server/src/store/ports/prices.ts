/** The part of the store's port that keeps what messages cost. */
import type { Account } from "../../model/account.ts";
import type { GatewayRecord } from "../../model/gateway.ts";
import type { Price } from "../../model/price.ts";

export interface PriceStore {
  /**
   * In place of all prices of the account; none: the list is removed. `refuse` runs in the same step, with the account
   * and all gateways; returns why not. `undefined`: there is no such account.
   */
  putPrices(
    accountId: string,
    prices: readonly Price[],
    refuse: (account: Account, gateways: readonly GatewayRecord[]) => string | undefined,
  ): Promise<string | true | undefined>;
  /** In the order in which they were imported. */
  listPrices(accountId: string): Promise<readonly Price[]>;
}
