/** Looks at what a server needs of its store. */
import type { Store } from "../store/port.ts";

export interface StoreState {
  readonly recipients: number;
  readonly history: number;
  readonly accounts: number;
  readonly services: number;
  /** What the operator should know of the database. */
  readonly warnings: readonly string[];
}

/** Throws StoreUnavailable if the store can't be written. */
export async function examineStore(store: Store): Promise<StoreState> {
  await store.ping();
  const { recipients, history } = await store.sizes();
  const [accounts, services] = await Promise.all([store.listAccounts(), store.listServices(undefined)]);
  const warnings = await store.warnings();
  return { recipients, history, accounts: accounts.length, services: services.length, warnings };
}
