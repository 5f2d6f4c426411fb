/** What messages that were sent cost, as far as prices are known. */
import { regionsOf } from "../policy/budgets.ts";
import { classOf } from "../policy/number-plan.ts";
import { Prices } from "../policy/prices.ts";
import type { Store } from "../store/port.ts";

/** What one message costs, of the services whose account has a currency. */
export interface Bill {
  readonly currency: string;
  /** Millionths of the currency; 0: no price is known. */
  micros(to: string, gateway: string): number;
}

export type BillStore = Pick<Store, "listServices" | "listAccounts" | "listPrices">;

/** By the services' ids. */
export async function billsOf(store: BillStore): Promise<ReadonlyMap<string, Bill>> {
  const ofAccounts = new Map<string, Bill>();
  for (const { id, currency, defaultPriceMicros = 0 } of await store.listAccounts()) {
    if (currency === undefined) continue;
    const prices = new Prices(await store.listPrices(id));
    const micros = (to: string, gateway: string) => prices.find(regionsOf(classOf(to)), gateway) ?? defaultPriceMicros;
    ofAccounts.set(id, { currency, micros });
  }
  const services = await store.listServices(undefined);
  return new Map(
    services.flatMap(({ id, accountId }): [string, Bill][] => {
      const bill = ofAccounts.get(accountId);
      return bill ? [[id, bill]] : [];
    }),
  );
}
