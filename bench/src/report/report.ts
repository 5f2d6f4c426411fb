/** What a run found, as data and as text. */
import type { Failure, Slice } from "../load/measure.ts";
import type { Memory } from "../load/memory.ts";
import { connections, memoryTargets, type Path, reached, type Target } from "../load/paths.ts";
import type { Measured } from "../load/rounds.ts";
import { median, pairedRatios, type Spread, spread } from "../load/statistics.ts";
import { fixed, table } from "./table.ts";

export interface PathFigures {
  readonly name: string;
  readonly title: string;
  /** Processor time of the server for one request, µs. */
  readonly cpuUs: Spread;
  /** The same in yardsticks. */
  readonly ratio: Spread | null;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly busy: number;
  readonly requests: number;
  readonly target: Target | null;
  /** Which of the two targets the median meets. */
  readonly reached: "then" | "first" | "no" | null;
}

export interface Report {
  readonly node: string;
  readonly connections: number;
  readonly rounds: number;
  readonly figures: readonly PathFigures[];
  readonly memory: Memory | null;
  readonly failures: readonly Failure[];
}

export function pathFigures(path: Path, measured: readonly Measured[]): PathFigures {
  const ratios = pairedRatios(
    measured.map(({ before, slice, after }) => ({ before: before.cpuUs, value: slice.cpuUs, after: after.cpuUs })),
  );
  const ratio = spread(ratios);
  const { name, title, target } = path;
  return {
    name,
    title,
    ...common(measured.map(({ slice }) => slice)),
    ratio,
    target,
    reached: reached(ratio.median, target),
  };
}

/** All slices of the yardstick; those that stand between two paths count once. */
export function yardstickFigures(measured: Iterable<readonly Measured[]>): PathFigures {
  const slices = new Set([...measured].flat().flatMap(({ before, after }) => [before, after]));
  return {
    name: "yardstick",
    title: "yardstick (bare node:http)",
    ...common([...slices]),
    ratio: null,
    target: null,
    reached: null,
  };
}

export function common(slices: readonly Slice[]) {
  const of = (pick: (slice: Slice) => number) => median(slices.map(pick));
  return {
    cpuUs: spread(slices.map((slice) => slice.cpuUs)),
    requestsPerSecond: of((slice) => slice.requestsPerSecond),
    p50Ms: of((slice) => slice.p50Ms),
    p99Ms: of((slice) => slice.p99Ms),
    busy: of((slice) => slice.busy),
    requests: slices.reduce((sum, slice) => sum + slice.requests, 0),
  };
}

export function reportText({ node, rounds, figures, memory, failures }: Report): string {
  const parts = [`node ${node}, ${connections} connections, ${rounds} rounds; medians, (min–max) of the rounds`];
  if (figures.length > 0) parts.push(figuresTable(figures));
  if (memory) parts.push(memoryTable(memory));
  if (failures.length > 0) parts.push(failuresText(failures));
  return parts.join("\n\n");
}

export function figuresTable(figures: readonly PathFigures[]): string {
  return table(
    ["path", "µs/request", "ratio", "req/s", "p50 ms", "p99 ms", "busy", "first", "then", "reached"],
    figures.map(({ title, cpuUs, ratio, requestsPerSecond, p50Ms, p99Ms, busy, target, reached: met }) => [
      title,
      fixed(cpuUs.median, 1),
      ratio ? spreadText(ratio) : "1",
      fixed(requestsPerSecond),
      fixed(p50Ms, 1),
      fixed(p99Ms, 1),
      fixed(busy, 2),
      target ? `${target.first} ×` : "",
      target ? `${target.later} ×` : "",
      met ?? "",
    ]),
  );
}

export function spreadText({ median: middle, min, max }: Spread): string {
  return `${fixed(middle, 2)} (${fixed(min, 2)}–${fixed(max, 2)})`;
}

function memoryTable({ restMb, loadMb, loadPeakMb, load }: Memory): string {
  const row = (title: string, middle: number, peak: number, target: Target) => [
    title,
    fixed(middle),
    fixed(peak),
    String(target.first),
    String(target.later),
    reached(peak, target),
  ];
  return table(
    ["resident memory", "median MB", "peak MB", "first", "then", "reached"],
    [
      row("at rest", restMb, restMb, memoryTargets.rest),
      row(
        `under ${fixed(load.requestsPerSecond)} sends/s, ${fixed(load.cpuUs)} µs each`,
        loadMb,
        loadPeakMb,
        memoryTargets.load,
      ),
    ],
  );
}

export function failuresText(failures: readonly Failure[]): string {
  const lines = failures.map(
    ({ what, failures: counts, example }) =>
      `  ${what}: ${Object.entries(counts)
        .map(([kind, count]) => `${count} × ${kind}`)
        .join(", ")}${example === undefined ? "" : `\n    for example ${example}`}`,
  );
  return `!!! NOT ANSWERED AS THEY SHOULD BE: the figures above are worth nothing\n${lines.join("\n")}`;
}
