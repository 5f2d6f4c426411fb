/** What was found of each row. */
import type { Slice } from "../load/measure.ts";
import { reached, type Target } from "../load/paths.ts";
import type { Row, Side } from "../load/plan.ts";
import type { Measured } from "../load/rounds.ts";
import { median, pairedRatios, type Spread, spread } from "../load/statistics.ts";
import { fixed, table } from "./table.ts";

export interface Figures {
  readonly name: string;
  readonly title: string;
  readonly side: Side;
  readonly workers: number;
  /** Processor time of the server and its database for one request, µs. */
  readonly cpuUs: Spread;
  /** The database server's part. */
  readonly databaseUs: Spread;
  /** In yardsticks; null: it is the yardstick. */
  readonly ratio: Spread | null;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly busy: number;
  readonly requests: number;
  readonly target: Target | null;
  /** Which of the two targets the median ratio meets. */
  readonly reached: "then" | "first" | "no" | null;
}

export function rowFigures(
  { path, at: { side, workers } }: Row,
  target: Target | null,
  measured: readonly Measured[],
): Figures {
  const ratio = yardsticks(measured);
  const met = target && reached(ratio.median, target);
  const { name, title } = path;
  return { name, title, side, workers, ...common(measured.map(({ slice }) => slice)), ratio, target, reached: met };
}

/** All slices of the yardstick; those that stand between two rows count once. */
export function yardstickFigures(measured: Iterable<readonly Measured[]>): Figures {
  const slices = new Set([...measured].flat().flatMap(({ before, after }) => [before, after]));
  const title = "yardstick (bare node:http)";
  return {
    name: "yardstick",
    title,
    side: "after",
    workers: 1,
    ...common([...slices]),
    ratio: null,
    target: null,
    reached: null,
  };
}

/** Each slice against the mean of its two neighbours. */
export function yardsticks(measured: readonly Measured[]): Spread {
  const between = measured.map(({ before, slice, after }) => ({
    before: before.cpuUs,
    value: slice.cpuUs,
    after: after.cpuUs,
  }));
  return spread(pairedRatios(between));
}

export function common(slices: readonly Slice[]) {
  const of = (pick: (slice: Slice) => number) => median(slices.map(pick));
  return {
    cpuUs: spread(slices.map((slice) => slice.cpuUs)),
    databaseUs: spread(slices.map((slice) => slice.databaseUs)),
    requestsPerSecond: of((slice) => slice.requestsPerSecond),
    p50Ms: of((slice) => slice.p50Ms),
    p99Ms: of((slice) => slice.p99Ms),
    busy: of((slice) => slice.busy),
    requests: slices.reduce((sum, slice) => sum + slice.requests, 0),
  };
}

/** Columns that would say the same of every row are left out. */
export function figuresTable(figures: readonly Figures[]): string {
  const some = (says: (each: Figures) => boolean) => figures.some(says);
  const columns: readonly (readonly [title: string, cell: (each: Figures) => string, shown?: boolean])[] = [
    ["path", ({ title }) => title],
    ["side", ({ side, ratio }) => (ratio ? side : ""), some(({ side }) => side === "before")],
    ["workers", ({ workers, ratio }) => (ratio ? String(workers) : ""), some(({ workers }) => workers > 1)],
    ["µs/request", ({ cpuUs }) => fixed(cpuUs.low, 1)],
    ["of it database", ({ databaseUs }) => fixed(databaseUs.low, 1), some(({ databaseUs }) => databaseUs.max > 0)],
    ["ratio", ({ ratio }) => (ratio ? spreadText(ratio) : "1")],
    ["req/s", ({ requestsPerSecond }) => fixed(requestsPerSecond)],
    ["p50 ms", ({ p50Ms }) => fixed(p50Ms, 1)],
    ["p99 ms", ({ p99Ms }) => fixed(p99Ms, 1)],
    ["busy", ({ busy }) => fixed(busy, 2)],
    ["first", ({ target }) => (target ? `${target.first} ×` : "")],
    ["then", ({ target }) => (target ? `${target.later} ×` : "")],
    ["reached", (each) => each.reached ?? ""],
  ];
  const shown = columns.filter(([, , needed = true]) => needed);
  return table(
    shown.map(([title]) => title),
    figures.map((each) => shown.map(([, cell]) => cell(each))),
  );
}

export function spreadText({ median: middle, min, max }: Spread): string {
  return `${fixed(middle, 2)} (${fixed(min, 2)}–${fixed(max, 2)})`;
}
