import assert from "node:assert/strict";
import { test } from "node:test";
import type { Slice } from "../load/measure.ts";
import { paths, reached } from "../load/paths.ts";
import { pathFigures, reportText, yardstickFigures } from "./report.ts";
import { table } from "./table.ts";

const slice = (cpuUs: number): Slice => ({
  requests: 1_000,
  cpuUs,
  requestsPerSecond: 5_000,
  p50Ms: 10,
  p99Ms: 20,
  busy: 0.9,
});
const [send] = paths;
assert.ok(send);

const y1 = slice(20);
const y2 = slice(30);
const y3 = slice(40);
const measured = [
  { before: y1, slice: slice(50), after: y2 },
  { before: y2, slice: slice(105), after: y3 },
];

test("a path's ratio is the median of its rounds' own ratios, not a ratio of medians", () => {
  const { ratio, cpuUs, reached: met, requests } = pathFigures(send, measured);
  assert.deepEqual(ratio, { median: 2.5, min: 2, max: 3 });
  assert.deepEqual(cpuUs, { median: 77.5, min: 50, max: 105 });
  assert.equal(met, "first");
  assert.equal(requests, 2_000);
});

test("a yardstick between two paths counts once", () => {
  assert.deepEqual(yardstickFigures([measured]).cpuUs, { median: 30, min: 20, max: 40 });
});

test("a target is met up to its very value", () => {
  const target = { first: 3, later: 2 };
  assert.equal(reached(2, target), "then");
  assert.equal(reached(2.01, target), "first");
  assert.equal(reached(3, target), "first");
  assert.equal(reached(3.01, target), "no");
  assert.equal(reached(Number.NaN, target), "no");
});

test("columns are as wide as their widest cell, numbers to the right", () => {
  assert.equal(
    table(
      ["path", "µs"],
      [
        ["send-otp", "7"],
        ["a", "123"],
      ],
    ),
    ["path       µs", "--------  ---", "send-otp    7", "a         123"].join("\n"),
  );
});

test("a failure is said loudly, with its kinds and an example", () => {
  const failures = [{ what: "send", failures: { 503: 2, mismatch: 2 }, example: '{"success":false}' }];
  const text = reportText({
    node: "v24.0.0",
    connections: 64,
    rounds: 2,
    figures: [pathFigures(send, measured)],
    memory: null,
    failures,
  });
  assert.match(text, /NOT ANSWERED/);
  assert.match(text, /send: 2 × 503, 2 × mismatch/);
  assert.match(text, /\{"success":false\}/);
});
