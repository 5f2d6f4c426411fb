import assert from "node:assert/strict";
import { test } from "node:test";
import { learning } from "@antryk/contract";
import { simulate } from "./learning.ts";

const setting = { everyMs: 10_000, remembered: learning.remembered, floor: learning.floor };

test("one seed, one outcome; most messages leave by the best gateway, and traffic moves when it goes bad", () => {
  const outcome = simulate(setting, 1);
  assert.deepEqual(simulate(setting, 1), outcome);
  assert.ok(outcome.bestShare > 0.85 && outcome.regretBefore < 25, JSON.stringify(outcome));
  assert.ok(outcome.recoveryMs > 0 && outcome.recoveryMs < 3 * 3_600_000, JSON.stringify(outcome));
});
