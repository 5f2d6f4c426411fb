/** The part of the store's port that tells how far limits are used. */
import type { SharedLimit } from "../../model/limits.ts";

export interface LimitStore {
  /** How many sends count now in a limit that many recipients share. */
  used(accountId: string, limit: SharedLimit): Promise<number>;
}
