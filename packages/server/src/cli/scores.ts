/** What a service's routes have learned, for `antryk service show`. */
import { faded } from "../model/score.ts";
import type { Service } from "../model/service.ts";
import type { Store } from "../store/port.ts";

/** Country → gateway → its counts as of now; nothing where the routes do not learn. */
export async function describeScores(store: Store, service: Service): Promise<{ learned?: Record<string, string> }> {
  if (!service.learnRoutes) return {};
  const now = store.now();
  const scores = (await store.gatewayScores(service.id)).map((score) => {
    const { sent, verified } = faded(score, now);
    const share = sent < 0.5 ? "nothing recent" : `${Math.round((100 * Math.min(verified, sent)) / sent)} %`;
    return [`+${score.callingCode} ${score.gateway}`, `${share} (${Math.round(verified)} of ${Math.round(sent)})`];
  });
  return { learned: Object.fromEntries(scores) };
}
