import assert from "node:assert/strict";
import { test } from "node:test";
import type { PlacedDecision, PolicyDecision } from "../model/policy-decision.ts";
import { createLog } from "../observe/log.ts";
import { DecisionLog } from "./decision-log.ts";

const decision: Omit<PolicyDecision, "decisionId" | "at"> = {
  requestId: null,
  accountId: "a",
  serviceId: "s",
  operation: "send-otp",
  to: "+919876543210",
  country: "IN",
  network: null,
  reason: "country",
  rule: null,
  threshold: null,
  observed: null,
  mode: "enforce",
};

test("so many of a second are kept and no more; each has an id of its own", async () => {
  const kept: PlacedDecision[] = [];
  let now = 1_000_000;
  const store = { now: () => now, keepDecisions: async (all: readonly PlacedDecision[]) => void kept.push(...all) };
  const decisions = new DecisionLog({ store, log: createLog("silent"), mostPerSecond: 3 });
  const ids = Array.from({ length: 5 }, () => decisions.keep(decision, 2 ** 40));
  assert.deepEqual(
    ids.map((id) => id !== undefined),
    [true, true, true, false, false],
  );
  assert.equal(decisions.dropped, 2);
  now += 1_000;
  ids.push(decisions.keep(decision, 2 ** 40));
  await decisions.close();
  assert.deepEqual(
    kept.map(({ decision: { decisionId } }) => decisionId),
    ids.filter((id) => id !== undefined),
  );
  assert.equal(new Set(ids).size, 5);
});

test("a store that is away costs the records, never the request", async () => {
  const lines: string[] = [];
  const store = { now: () => 0, keepDecisions: () => Promise.reject(new Error("away")) };
  const decisions = new DecisionLog({ store, log: createLog("warn", { write: (line) => lines.push(line) }) });
  assert.ok(decisions.keep(decision, 1));
  await decisions.close();
  assert.match(lines.join(""), /decisions_not_stored/);
  assert.doesNotMatch(lines.join(""), /9876543210/);
});
