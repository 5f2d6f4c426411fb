import assert from "node:assert/strict";
import { test } from "node:test";
import { lowerQuartile, median, pairedRatios, percentile, spread } from "./statistics.ts";

test("the median is the middle value, or the mean of the two middle ones, whatever the order", () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.equal(median([7]), 7);
  assert.equal(median([10, 9, 100]), 10, "as numbers, not as text");
  assert.ok(Number.isNaN(median([])));
});

test("median leaves its input as it was", () => {
  const values = [3, 1, 2];
  median(values);
  assert.deepEqual(values, [3, 1, 2]);
});

test("the lower quartile lies a quarter of the way up the sorted values", () => {
  assert.equal(lowerQuartile([5, 1, 4, 2, 3]), 2);
  assert.equal(lowerQuartile([10, 20]), 12.5);
  assert.equal(lowerQuartile([7]), 7);
  assert.equal(lowerQuartile([1, 2, 3, 1_000]), 1.75);
  assert.ok(Number.isNaN(lowerQuartile([])));
});

test("a spread has the lower quartile, the median, the smallest and the largest", () => {
  assert.deepEqual(spread([3, 1, 8]), { low: 2, median: 3, min: 1, max: 8 });
});

test("percentiles are nearest ranks", () => {
  const hundred = Float64Array.from({ length: 100 }, (_, at) => 100 - at);
  assert.equal(percentile(hundred, 0.5), 50);
  assert.equal(percentile(hundred, 0.99), 99);
  assert.equal(percentile(hundred, 1), 100);
  assert.equal(percentile(Float64Array.of(5), 0.99), 5);
  assert.ok(Number.isNaN(percentile(new Float64Array(0), 0.5)));
});

test("a value is compared with the mean of its neighbours in time", () => {
  assert.deepEqual(pairedRatios([{ before: 10, value: 30, after: 20 }]), [2]);
});

test("a machine that becomes steadily slower changes no ratio", () => {
  const slowness = (at: number) => 1 + at / 10;
  const rounds = [0, 2, 4, 6].map((at) => ({
    before: 20 * slowness(at),
    value: 60 * slowness(at + 1),
    after: 20 * slowness(at + 2),
  }));
  for (const ratio of pairedRatios(rounds)) assert.ok(Math.abs(ratio - 3) < 1e-9);
});
