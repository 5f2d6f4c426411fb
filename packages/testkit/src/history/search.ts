/**
 * Is there an order of all steps, each inside its span, that the state machine allows? A search by depth that remembers
 * what it has seen (Wing and Gong 1993; Lowe 2017, as in Porcupine).
 */
import type { Model } from "./model.ts";
import { empty, type State } from "./state.ts";
import type { Step } from "./steps.ts";

export type Finding =
  | { readonly kind: "allowed" }
  | { readonly kind: "impossible"; readonly best: Best }
  /** Too many orders to try. */
  | { readonly kind: "undecided" };

/** The longest order that was found, and where it ends. */
export interface Best {
  readonly done: readonly Step[];
  readonly state: State;
}

const statesAtMost = 200_000;

interface Frame {
  readonly state: State;
  /** The latest beginning among the steps that are done: that moment has passed. */
  readonly low: number;
  /** What to try next. */
  readonly tries: { readonly place: number; readonly state: State }[];
  readonly done: bigint;
  readonly place: number;
}

export function search(steps: readonly Step[], model: Model): Finding {
  const order = steps.map((_, place) => place).sort((a, b) => (steps[a]?.to ?? 0) - (steps[b]?.to ?? 0));
  const all = steps.reduce((bits, { must }, place) => (must ? bits | (1n << BigInt(place)) : bits), 0n);
  const seen = new Set<string>();
  let best: Best = { done: [], state: empty };
  let bestCount = -1;

  const expand = (state: State, done: bigint, low: number, place: number): Frame => {
    const deadline = order.reduce((least, each) => {
      const step = steps[each];
      return step?.must && !(done & (1n << BigInt(each))) ? Math.min(least, step.to) : least;
    }, Number.POSITIVE_INFINITY);
    const tries: Frame["tries"] = [];
    for (const each of order) {
      const step = steps[each];
      if (!step || done & (1n << BigInt(each)) || step.from > deadline || step.to < low) continue;
      if (step.after !== undefined && !(done & (1n << BigInt(step.after)))) continue;
      const next = model.apply(state, step, low);
      // What only looked, and may look now, need not look later: no other order is lost.
      if (step.must && next.length > 0 && next.every((then) => then === state)) {
        return { state, low, done, place, tries: [{ place: each, state }] };
      }
      for (const then of next) if (step.must || then !== state) tries.push({ place: each, state: then });
    }
    return { state, low, done, place, tries: tries.reverse() };
  };

  const stack: Frame[] = [expand(empty, 0n, Number.NEGATIVE_INFINITY, -1)];
  while (stack.length > 0) {
    const frame = stack.at(-1);
    if (!frame) break;
    if ((frame.done & all) === all) return { kind: "allowed" };
    const count = stack.length;
    if (count > bestCount) {
      bestCount = count;
      best = { done: stack.slice(1).flatMap((each) => steps[each.place] ?? []), state: frame.state };
    }
    const next = frame.tries.pop();
    if (!next) {
      stack.pop();
      continue;
    }
    const step = steps[next.place];
    if (!step) continue;
    const done = frame.done | (1n << BigInt(next.place));
    const low = next.state === frame.state ? frame.low : Math.max(frame.low, step.from);
    const memory = `${done.toString(36)} ${JSON.stringify(next.state)}`;
    if (seen.has(memory)) continue;
    seen.add(memory);
    if (seen.size > statesAtMost) return { kind: "undecided" };
    stack.push(expand(next.state, done, low, next.place));
  }
  return { kind: "impossible", best };
}
