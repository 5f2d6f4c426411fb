/** The part of the store's port that keeps what the policy decided. */
import type { PlacedDecision, PolicyDecision } from "../../model/policy-decision.ts";

export interface DecisionStore {
  /** They are kept for seven days. */
  keepDecisions(decisions: readonly PlacedDecision[]): Promise<void>;
  /** Visits the decisions made at `since` or after it, Unix ms, the oldest first. */
  decisionsSince(since: number, visit: (decision: PolicyDecision) => void): Promise<void>;
}
