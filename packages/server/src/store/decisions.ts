/** What the policy decided, over any engine. */
import type { Engine } from "./engine.ts";
import type { DecisionStore } from "./ports/decisions.ts";
import { keepDecisions } from "./rules/calls/decisions.ts";
import { decisionKind, decisionPlaceInTime } from "./rules/kinds.ts";

export function decisionsOver(engine: Engine): DecisionStore {
  return {
    keepDecisions: async (decisions) => {
      if (decisions.length > 0) await engine.run(keepDecisions(decisions));
    },
    decisionsSince: (since, visit) => engine.eachRowSince(decisionKind, decisionPlaceInTime(since), visit),
  };
}
