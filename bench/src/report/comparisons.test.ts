import assert from "node:assert/strict";
import { test } from "node:test";
import { pathNamed } from "../load/paths.ts";
import type { Comparison, Row, ServerSpec } from "../load/plan.ts";
import type { Measured } from "../load/rounds.ts";
import { changesTable, compare, comparisonsTable } from "./comparisons.ts";

const after: ServerSpec = { side: "after", workers: 1, second: false };
const row = (name: string, at = after): Row => ({ id: `${name} ${at.side}`, path: pathNamed(name), at, sender: at });
const slice = (cpuUs: number) => ({
  requests: 1,
  cpuUs,
  databaseUs: 0,
  requestsPerSecond: 1,
  p50Ms: 1,
  p99Ms: 1,
  busy: 1,
});
const slices = (...costs: number[]): Measured[] =>
  costs.map((cost) => ({ before: slice(1), slice: slice(cost), after: slice(1) }));

const limit: Comparison = { title: "limit ÷ send", side: "after", of: row("send-limit"), by: row("send"), goal: 1.3 };
const measured = new Map([
  ["send-limit after", slices(130, 500, 132, 136, 131)],
  ["send after", slices(100, 110, 400, 104, 101)],
]);

test("a comparison is of both lower quartiles, which slices of a busy moment leave alone", () => {
  const { ofUs, byUs, ratio, min, max, reached } = compare(limit, measured);
  assert.deepEqual([ofUs, byUs], [131, 101]);
  assert.equal(ratio, 131 / 101);
  assert.deepEqual([min, max], [132 / 400, 500 / 110]);
  assert.equal(reached, "yes");
});

test("a goal is met up to its very value, and what was not measured meets none", () => {
  const exact = new Map([
    ["send-limit after", slices(13)],
    ["send after", slices(10)],
  ]);
  assert.equal(compare(limit, exact).reached, "yes");
  assert.equal(compare({ ...limit, goal: 1.29 }, exact).reached, "no");
  assert.equal(compare(limit, new Map()).reached, "no");
  assert.equal(compare({ ...limit, goal: null }, exact).reached, null);
});

test("the goal stands beside the ratio", () => {
  assert.match(
    comparisonsTable([compare(limit, measured)]),
    /limit ÷ send +131\.0 +101\.0 +1\.30 \(0\.33–4\.55\) +1\.3 × +yes$/m,
  );
});

test("a change is shown as before, after and their ratio", () => {
  const by = row("send", { ...after, side: "before" });
  const change = compare(
    { title: "send-otp", side: "after", of: row("send"), by, goal: null },
    new Map([...measured, [by.id, slices(202)]]),
  );
  assert.match(changesTable([change]), /send-otp +1 +202\.0 +101\.0 +0\.50/);
});
