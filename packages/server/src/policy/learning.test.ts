import assert from "node:assert/strict";
import { test } from "node:test";
import { learning } from "@antryk/contract";
import { seeded } from "@antryk/testkit/inputs/random";
import { type Counts, faded } from "../model/score.ts";
import { withIncrement } from "../store/rules/scores.ts";
import { drawShare, rankGateways } from "./learning.ts";
import { callingCodeOf } from "./recipient.ts";

const names = ["a", "b", "c"];
const seeds = [1, 2, 3, 4, 5];

function firsts(counts: Readonly<Record<string, Counts>>, draws: number, seed: number): Record<string, number> {
  const random = seeded(seed);
  const first: Record<string, number> = { a: 0, b: 0, c: 0 };
  for (let n = 0; n < draws; n += 1) {
    const [top] = rankGateways(names, (name) => counts[name], random);
    if (top) first[top.name] = (first[top.name] ?? 0) + 1;
  }
  return first;
}

test("draws have the mean and the spread of the Beta distribution", () => {
  const random = seeded(7);
  const draws = Array.from({ length: 20_000 }, () => drawShare(9, 3, random));
  const mean = draws.reduce((sum, x) => sum + x, 0) / draws.length;
  const variance = draws.reduce((sum, x) => sum + (x - mean) ** 2, 0) / draws.length;
  assert.ok(Math.abs(mean - 9 / 12) < 0.003, `${mean}`);
  assert.ok(Math.abs(variance - (9 * 3) / (12 ** 2 * 13)) < 0.001, `${variance}`);
});

for (const seed of seeds) {
  test(`seed ${seed}: from nothing known, traffic goes to the gateway with most verified codes`, () => {
    const shares: Record<string, number> = { a: 0.6, b: 0.9, c: 0.75 };
    const random = seeded(seed);
    const known = new Map<string, Counts>();
    let byBest = 0;
    for (let n = 0; n < 2_000; n += 1) {
      const name = rankGateways(names, (each) => known.get(each), random)[0]?.name ?? "";
      const { sent, verified } = known.get(name) ?? { sent: 0, verified: 0 };
      known.set(name, { sent: sent + 1, verified: verified + (random() < (shares[name] ?? 0) ? 1 : 0) });
      if (n >= 1_000 && name === "b") byBest += 1;
    }
    assert.ok(byBest > 900, `${byBest} of the last 1000`);
  });

  test(`seed ${seed}: each gateway is asked first for the floor's share, however badly it does`, () => {
    const counts = {
      a: { sent: 1_000, verified: 990 },
      b: { sent: 1_000, verified: 0 },
      c: { sent: 1_000, verified: 100 },
    };
    const draws = 20_000;
    const first = firsts(counts, draws, seed);
    for (const name of ["b", "c"]) {
      const share = (first[name] ?? 0) / draws;
      assert.ok(share > learning.floor * 0.8 && share < learning.floor * 1.2, `${name} ${share}`);
    }
  });
}

test("if nothing is known, each gateway is first equally often", () => {
  for (const count of Object.values(firsts({}, 9_000, 1))) assert.ok(count > 2_700 && count < 3_300, `${count}`);
});

test("a rank says the expected share, the counts, and whether it was chosen or is being explored", () => {
  const counts = { a: { sent: 120, verified: 100 }, b: { sent: 100, verified: 0 }, c: { sent: 3, verified: 4 } };
  const random = seeded(1);
  const seen = new Set<string>();
  for (let n = 0; n < 1_000; n += 1) {
    const ranked = rankGateways(names, (name) => counts[name as "a"], random);
    assert.deepEqual(ranked.map(({ name }) => name).sort(), names);
    const a = ranked.find(({ name }) => name === "a");
    assert.deepEqual([a?.share, a?.sent, a?.verified], [101 / 122, 120, 100]);
    assert.ok(ranked.every(({ share }) => share > 0 && share < 1));
    if (ranked[0]?.name === "b") seen.add(ranked[0].by);
    assert.ok(ranked.slice(1).every(({ by }) => by === "learning"));
  }
  assert.deepEqual([...seen], ["exploration"]);
});

test("more gateways than floors fit: each still has its turn", () => {
  const many = Array.from({ length: 100 }, (_, n) => `g${n}`);
  const random = seeded(1);
  const first = new Set<string>();
  for (let n = 0; n < 5_000; n += 1)
    first.add(rankGateways(many, () => ({ sent: 9, verified: 1 }), random)[0]?.name ?? "");
  assert.equal(first.size, 100);
});

test("counts are halved by each half-life, and time that runs back adds nothing", () => {
  const score = { sent: 8, verified: 4, at: 1_000 };
  assert.deepEqual(faded(score, 1_000 + 2 * learning.halfLifeMs), { sent: 2, verified: 1 });
  assert.deepEqual(faded(score, 0), { sent: 8, verified: 4 });
  assert.deepEqual(withIncrement(score, { sent: 1, verified: 1 }, 0), { sent: 9, verified: 5, at: 1_000 });
});

test("calling codes", () => {
  for (const [recipient, code] of [
    ["+919876543210", "91"],
    ["+14155552671", "1"],
    ["+447400123456", "44"],
    ["+9715012345678", "971"],
    ["+99900000000", undefined],
  ] as const)
    assert.equal(callingCodeOf(recipient), code);
});
