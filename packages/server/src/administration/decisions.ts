/** What the policy decided, as operators look it up. */
import type { PolicyDecision } from "../model/policy-decision.ts";
import { canonicalSpelling } from "../policy/spellings.ts";
import type { Store } from "../store/port.ts";

export interface WantedDecisions {
  /** How far to look back, ms. */
  readonly sinceMs: number;
  readonly decisionId?: string | undefined;
  readonly requestId?: string | undefined;
  /** E.164. */
  readonly to?: string | undefined;
  readonly serviceId?: string | undefined;
}

/** The newest first, at most `limit`. */
export async function decisionsOf(
  store: Pick<Store, "decisionsSince" | "now">,
  wanted: WantedDecisions,
  limit: number,
): Promise<PolicyDecision[]> {
  const found: PolicyDecision[] = [];
  const to = wanted.to === undefined ? undefined : canonicalSpelling(wanted.to);
  const asked = { ...wanted, to };
  const isWanted = (decision: PolicyDecision) =>
    (["decisionId", "requestId", "to", "serviceId"] as const).every(
      (name) => asked[name] === undefined || asked[name] === decision[name],
    );
  await store.decisionsSince(store.now() - wanted.sinceMs, (decision) => {
    if (isWanted(decision)) found.push(decision);
  });
  return found.sort((a, b) => b.at - a.at).slice(0, limit);
}
