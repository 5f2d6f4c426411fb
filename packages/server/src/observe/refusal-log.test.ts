import assert from "node:assert/strict";
import { test } from "node:test";
import { createLog } from "./log.ts";
import { RefusalLog } from "./refusal-log.ts";

test("a limit's refusals are told at once, and then once a minute with their number", () => {
  const lines: string[] = [];
  let now = 1_000;
  const refusals = new RefusalLog(createLog("info", { write: (line) => lines.push(line) }), () => now);
  for (let n = 0; n < 5; n += 1) refusals.note("prefix", "a");
  refusals.note("prefix", "b");
  now += 60_000;
  refusals.note("prefix", "a");
  const told = lines
    .map((line) => JSON.parse(line))
    .map(({ event, limit, serviceId, count }) => [event, limit, serviceId, count]);
  assert.deepEqual(told, [
    ["limit_refused", "prefix", "a", 1],
    ["limit_refused", "prefix", "b", 1],
    ["limit_refused", "prefix", "a", 5],
  ]);
});
