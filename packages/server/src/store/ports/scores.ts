/** The part of the store's port that keeps what is learned of gateways. */
import type { GatewayScore, ScoreIncrement } from "../../model/score.ts";

export interface ScoreStore {
  /** Adds to the counts, faded to now; all increments or none. At most one for each service, country and gateway. */
  learn(increments: readonly ScoreIncrement[]): Promise<void>;
  /** What is known of a service's gateways, by calling code and name. */
  gatewayScores(serviceId: string): Promise<GatewayScore[]>;
}
