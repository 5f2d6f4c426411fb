/** The part of the store's port that keeps the block and allow lists. */
import type { ListEntry } from "../../model/list-entry.ts";

export interface ListStore {
  /** In place of an entry of the same list, match and service. `false`: there are `atMost` already. */
  putListEntry(entry: ListEntry, atMost: number): Promise<boolean>;
  /** Returns how many entries of this list and match there were; of all services if `serviceId` is undefined. */
  removeListEntries(entry: Pick<ListEntry, "list" | "match">, serviceId: string | undefined): Promise<number>;
  /** In the order in which they were made; those that no longer count too. */
  listEntries(): Promise<ListEntry[]>;
}
