/** Keeps what the policy decided. */

import type { PlacedDecision } from "../../../model/policy-decision.ts";
import type { Call } from "../../engine.ts";
import { decisionRef } from "../kinds.ts";

export function keepDecisions(decisions: readonly PlacedDecision[]): Call<void> {
  const writes = decisions.map(({ decision, hash }) => ({ ref: decisionRef(decision, hash), row: decision }));
  return { rows: writes.map(({ ref }) => ref), decide: () => ({ outcome: undefined, writes }) };
}
