/** What rows cost in terms of each other, in the same run. */
import type { Comparison, Side } from "../load/plan.ts";
import type { Measured } from "../load/rounds.ts";
import { lowerQuartile } from "../load/statistics.ts";
import { fixed, table } from "./table.ts";

export interface ComparisonFigures {
  readonly title: string;
  readonly side: Side;
  readonly workers: number;
  /** Lower quartiles of the processor time for one request, µs. */
  readonly ofUs: number;
  readonly byUs: number;
  /** The one by the other. */
  readonly ratio: number;
  /** The smallest and the largest ratio of two slices that were measured one soon after the other. */
  readonly min: number;
  readonly max: number;
  readonly goal: number | null;
  readonly reached: "yes" | "no" | null;
}

/**
 * A quartile of each, not of their ratios: a busy machine makes both sides dearer and no side cheaper, while it moves
 * a ratio both ways.
 */
export function compare(
  { title, side, of, by, goal }: Comparison,
  measured: ReadonlyMap<string, readonly Measured[]>,
): ComparisonFigures {
  const costs = (id: string) => (measured.get(id) ?? []).map(({ slice }) => slice.cpuUs);
  const [ofCosts, byCosts] = [costs(of.id), costs(by.id)];
  const [ofUs, byUs] = [lowerQuartile(ofCosts), lowerQuartile(byCosts)];
  const pairs = ofCosts.map((cost, at) => cost / (byCosts[at] ?? Number.NaN));
  const ratio = ofUs / byUs;
  const reached = goal === null ? null : ratio <= goal ? "yes" : "no";
  const { workers } = of.at;
  return { title, side, workers, ofUs, byUs, ratio, min: Math.min(...pairs), max: Math.max(...pairs), goal, reached };
}

export function comparisonsTable(comparisons: readonly ComparisonFigures[]): string {
  const both = comparisons.some(({ side }) => side === "before");
  return table(
    ["compared", ...(both ? ["side"] : []), "µs", "by µs", "ratio", "goal", "reached"],
    comparisons.map((each) => [
      each.title,
      ...(both ? [each.side] : []),
      fixed(each.ofUs, 1),
      fixed(each.byUs, 1),
      ratioText(each),
      each.goal === null ? "" : `${each.goal} ×`,
      each.reached ?? "",
    ]),
  );
}

export function changesTable(changes: readonly ComparisonFigures[]): string {
  return table(
    ["path", "workers", "before µs", "after µs", "after ÷ before"],
    changes.map((each) => [
      each.title,
      String(each.workers),
      fixed(each.byUs, 1),
      fixed(each.ofUs, 1),
      ratioText(each),
    ]),
  );
}

function ratioText({ ratio, min, max }: ComparisonFigures): string {
  return `${fixed(ratio, 2)} (${fixed(min, 2)}–${fixed(max, 2)})`;
}
