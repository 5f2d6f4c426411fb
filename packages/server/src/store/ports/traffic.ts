/** The part of the store's port that keeps what is known of traffic. */
import type { TrafficIncrement, TrafficRow } from "../../model/traffic.ts";

export interface TrafficStore {
  /** Adds to the counts, faded to now; all increments or none. At most one for each place of a service. */
  noteTraffic(increments: readonly TrafficIncrement[]): Promise<void>;
  /** Visits what was added to at `since` or after it, Unix ms. */
  trafficSince(since: number, visit: (row: TrafficRow) => void): Promise<void>;
}
