/**
 * The order of a route's gateways by how many of their messages are verified: Thompson sampling. For each gateway a
 * share is drawn from what its counts leave possible (Beta posterior of a uniform prior), and the highest draw goes
 * first: the less is known of a gateway, the more often it gets its chance. No I/O.
 */
import { learning } from "@antryk/contract";
import type { Counts } from "../model/score.ts";

/** Numbers from 0 to below 1, as `Math.random` gives them. */
export type Random = () => number;

export interface Ranked {
  readonly name: string;
  /** `exploration`: it goes first because each gateway does now and then. */
  readonly by: "learning" | "exploration";
  /** The share of its messages that is expected to be verified. */
  readonly share: number;
  readonly sent: number;
  readonly verified: number;
}

/** `countsOf`: what is known of a gateway now; nothing if it is new. */
export function rankGateways(
  names: readonly string[],
  countsOf: (name: string) => Counts | undefined,
  random: Random,
  floor: number = learning.floor,
): Ranked[] {
  const drawn = names
    .map((name) => {
      const { sent, verified } = countsOf(name) ?? { sent: 0, verified: 0 };
      const [right, wrong] = [1 + verified, 1 + Math.max(0, sent - verified)];
      const ranked: Ranked = { name, by: "learning", share: right / (right + wrong), sent, verified };
      return { ranked, draw: drawShare(right, wrong, random) };
    })
    .sort((a, b) => b.draw - a.draw)
    .map(({ ranked }) => ranked);
  // Each gateway has a part of this draw as wide as the floor; the rest of it belongs to the sampling.
  const explored = names[Math.floor(random() / Math.min(floor, 1 / names.length))];
  const first = drawn.find(({ name }) => name === explored);
  return first ? [{ ...first, by: "exploration" }, ...drawn.filter((each) => each !== first)] : drawn;
}

/** A draw from the Beta distribution; both parameters at least 1. */
export function drawShare(right: number, wrong: number, random: Random): number {
  const x = drawGamma(right, random);
  return x / (x + drawGamma(wrong, random));
}

/** Marsaglia and Tsang, "A simple method for generating gamma variables" (ACM TOMS 26, 2000); shapes of at least 1. */
function drawGamma(shape: number, random: Random): number {
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = drawNormal(random);
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - random()) < 0.5 * x * x + d * (1 - v + Math.log(v))) return d * v;
  }
}

/** Box and Muller. */
function drawNormal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
