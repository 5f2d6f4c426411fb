/** What is learned of gateways, over any engine. */
import type { GatewayScore } from "../model/score.ts";
import type { Engine } from "./engine.ts";
import type { ScoreStore } from "./ports/scores.ts";
import { learn } from "./rules/calls/learn.ts";
import { scoreRef } from "./rules/kinds.ts";

export function scoresOver(engine: Engine): ScoreStore {
  return {
    learn: async (increments) => {
      if (increments.length > 0) await engine.run(learn(increments));
    },
    gatewayScores: async (serviceId) => {
      const rows = await engine.rowsBeside(scoreRef({ serviceId, callingCode: "", gateway: "" }));
      const scores = rows.flatMap(({ row, fault }) => (fault ? [] : (row as GatewayScore)));
      return scores.sort((a, b) => compare(a.callingCode, b.callingCode) || compare(a.gateway, b.gateway));
    },
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
