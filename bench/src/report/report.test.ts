import assert from "node:assert/strict";
import { test } from "node:test";
import type { Slice } from "../load/measure.ts";
import { pathNamed, reached } from "../load/paths.ts";
import type { Row } from "../load/plan.ts";
import { figuresTable, rowFigures, yardstickFigures } from "./figures.ts";
import { reportText } from "./report.ts";
import { table } from "./table.ts";

const slice = (cpuUs: number, databaseUs = 0): Slice => {
  return { requests: 1_000, cpuUs, databaseUs, requestsPerSecond: 5_000, p50Ms: 10, p99Ms: 20, busy: 0.9 };
};
const server = { side: "after", workers: 1, second: false } as const;
const send: Row = { id: "send", path: pathNamed("send"), at: server, sender: server };
const target = { first: 3, later: 2 };

const y1 = slice(20);
const y2 = slice(30);
const y3 = slice(40);
const measured = [
  { before: y1, slice: slice(50), after: y2 },
  { before: y2, slice: slice(105), after: y3 },
];

test("a row's ratio is the median of its slices' own ratios, not a ratio of medians", () => {
  const { ratio, cpuUs, reached: met, requests } = rowFigures(send, target, measured);
  assert.deepEqual(ratio, { low: 2.25, median: 2.5, min: 2, max: 3 });
  assert.deepEqual(cpuUs, { low: 63.75, median: 77.5, min: 50, max: 105 });
  assert.equal(met, "first");
  assert.equal(requests, 2_000);
});

test("a yardstick between two rows counts once", () => {
  assert.deepEqual(yardstickFigures([measured]).cpuUs, { low: 25, median: 30, min: 20, max: 40 });
});

test("a target is met up to its very value", () => {
  assert.equal(reached(2, target), "then");
  assert.equal(reached(2.01, target), "first");
  assert.equal(reached(3, target), "first");
  assert.equal(reached(3.01, target), "no");
  assert.equal(reached(Number.NaN, target), "no");
});

test("columns of workers, of the database and of the other checkout are shown if there are any", () => {
  const alone = figuresTable([rowFigures(send, target, measured)]);
  assert.doesNotMatch(alone, /workers|database|side/);
  const at = { side: "before", workers: 4, second: false } as const;
  const withDatabase = measured.map((each) => ({ ...each, slice: slice(each.slice.cpuUs, 10) }));
  assert.match(
    figuresTable([rowFigures({ ...send, at }, null, withDatabase)]),
    /side +workers +µs\/request +of it database/,
  );
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
    store: "SQLite",
    connections: 64,
    rounds: 2,
    figures: [rowFigures(send, target, measured)],
    comparisons: [],
    changes: [],
    memory: null,
    failures,
  });
  assert.match(text, /NOT ANSWERED/);
  assert.match(text, /send: 2 × 503, 2 × mismatch/);
  assert.match(text, /\{"success":false\}/);
});
