/** Adds to what is known of gateways: all increments or none. */
import type { ScoreIncrement } from "../../../model/score.ts";
import type { Call } from "../../engine.ts";
import { scoreRef } from "../kinds.ts";
import { withIncrement } from "../scores.ts";

export function learn(increments: readonly ScoreIncrement[]): Call<void> {
  const refs = increments.map(scoreRef);
  return {
    rows: refs,
    decide(view) {
      const writes = increments.map((increment, index) => {
        const ref = refs[index] ?? scoreRef(increment);
        const { callingCode, gateway } = increment;
        return { ref, row: { callingCode, gateway, ...withIncrement(view.row(ref), increment, view.now) } };
      });
      return { outcome: undefined, writes };
    },
  };
}
