/** What an idempotency key says, for requests that fail before their verb. */
import type { IdempotencyClaim, IdempotencyConflict } from "../../../model/idempotency.ts";
import type { Call } from "../../engine.ts";
import { isNeeds, keyed, whatKeySays } from "./shared.ts";

export function recall(claim: IdempotencyClaim): Call<IdempotencyConflict | undefined> {
  const key = keyed(claim);
  return {
    rows: key ? [{ ...key.refs.claim, likelyAbsent: false }] : [],
    decide(view) {
      const said = whatKeySays(view, key);
      return said && isNeeds(said) ? said : { outcome: said };
    },
  };
}
