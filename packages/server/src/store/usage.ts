/** How far limits are used, over any engine. */
import type { Engine } from "./engine.ts";
import type { LimitStore } from "./ports/limits.ts";
import { counterOf } from "./rules/calls/shared.ts";

export function usageOver(engine: Engine): LimitStore {
  return {
    used: async (accountId, limit) => {
      let sum = 0;
      for (const { count } of await engine.spansOf(counterOf(accountId, limit))) sum += count;
      return sum;
    },
  };
}
