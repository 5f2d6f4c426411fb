/** The part of the store's port that operators look things up by. */
import type { SearchPage, SearchQuery } from "../../model/search.ts";

export interface SearchStore {
  /**
   * Verifications, also those in history, and decisions, the newest first. A page looks at a bounded number of rows: a
   * search by time alone may come back with nothing and a `next`.
   */
  search(query: SearchQuery): Promise<SearchPage>;
}
