/** What is known of traffic, over any engine. */
import type { Engine } from "./engine.ts";
import type { TrafficStore } from "./ports/traffic.ts";
import { noteTraffic } from "./rules/calls/traffic.ts";
import { trafficKind, trafficPlaceInTime } from "./rules/kinds.ts";

export function trafficOver(engine: Engine): TrafficStore {
  return {
    noteTraffic: async (increments) => {
      if (increments.length > 0) await engine.run(noteTraffic(increments));
    },
    trafficSince: (since, visit) => engine.eachRowSince(trafficKind, trafficPlaceInTime(since), visit),
  };
}
