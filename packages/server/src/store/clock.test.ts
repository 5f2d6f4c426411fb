/** The store's clock against the machine's two: what was set, and what was slept. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { mostAheadMs, SteadyClock } from "./clock.ts";

const hourMs = 3_600_000;
const start = Date.UTC(2026, 10, 26);

function machine() {
  const at = { wall: start, monotonic: 5_000 };
  return {
    sources: { wall: () => at.wall, monotonic: () => at.monotonic },
    passes(ms: number) {
      at.wall += ms;
      at.monotonic += ms;
    },
    wallGoes(ms: number) {
      at.wall += ms;
    },
  };
}

test("a machine that was suspended: the time counts, at once and only once", () => {
  const { sources, passes, wallGoes } = machine();
  const clock = new SteadyClock(0, sources);
  passes(1_000);
  wallGoes(2 * hourMs);
  assert.equal(clock.now(), start + 1_000 + 2 * hourMs);
  passes(1_000);
  assert.equal(clock.now(), start + 2_000 + 2 * hourMs);
});

test("a wall clock that is set back revives nothing, and what was ahead of it is not ahead twice", () => {
  const { sources, passes, wallGoes } = machine();
  const clock = new SteadyClock(0, sources);
  wallGoes(-hourMs);
  passes(1_000);
  assert.equal(clock.now(), start + 1_000);
  wallGoes(hourMs);
  assert.equal(clock.now(), start + 1_000, "it is right again");
  wallGoes(hourMs);
  assert.equal(clock.now(), start + 1_000 + hourMs);
  wallGoes(-hourMs);
  passes(1_000);
  assert.equal(clock.now(), start + 2_000 + hourMs);
});

test("clocks that differ by what clocks differ by are left alone", () => {
  const { sources, passes, wallGoes } = machine();
  const clock = new SteadyClock(0, sources);
  for (let n = 0; n < 4; n += 1) {
    passes(1_000);
    wallGoes(1_000);
    assert.equal(clock.now(), start + (n + 1) * 1_000);
  }
});

test("more than a day ahead is believed of no clock: not of the wall's, and not of the store's times", () => {
  const { sources, passes, wallGoes } = machine();
  const clock = new SteadyClock(0, sources);
  wallGoes(40 * mostAheadMs);
  passes(1_000);
  assert.equal(clock.now(), start + 1_000);
  wallGoes(2 * hourMs);
  assert.equal(clock.now(), start + 1_000 + 2 * hourMs, "a suspension after that counts");
  const other = machine();
  assert.equal(new SteadyClock(start + 40 * mostAheadMs, other.sources).now(), start);
  assert.equal(new SteadyClock(start + hourMs, other.sources).now(), start + hourMs);
});
