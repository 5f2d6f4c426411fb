/** Adds to what is known of traffic: all increments or none. */
import { type TrafficIncrement, withTraffic } from "../../../model/traffic.ts";
import type { Call } from "../../engine.ts";
import { trafficRef } from "../kinds.ts";

/** At most one increment for each place of a service. */
export function noteTraffic(increments: readonly TrafficIncrement[]): Call<void> {
  const refs = increments.map(trafficRef);
  return {
    rows: refs,
    decide(view) {
      const writes = increments.map((increment, index) => {
        const ref = refs[index] ?? trafficRef(increment);
        return { ref, row: withTraffic(view.row(ref), increment, view.now) };
      });
      return { outcome: undefined, writes };
    },
  };
}
