/** What a run found, as data and as text. */
import type { Failure } from "../load/measure.ts";
import type { Memory } from "../load/memory.ts";
import { connections, memoryTargets, reached, type Target } from "../load/paths.ts";
import { type ComparisonFigures, changesTable, comparisonsTable } from "./comparisons.ts";
import { type Figures, figuresTable } from "./figures.ts";
import { fixed, table } from "./table.ts";

export interface Report {
  readonly node: string;
  readonly store: string;
  readonly connections: number;
  readonly rounds: number;
  readonly figures: readonly Figures[];
  /** Paths, and counts of workers, against each other. */
  readonly comparisons: readonly ComparisonFigures[];
  /** This checkout against the other one. */
  readonly changes: readonly ComparisonFigures[];
  readonly memory: Memory | null;
  readonly failures: readonly Failure[];
}

export function reportText({ node, store, rounds, figures, comparisons, changes, memory, failures }: Report): string {
  const head = `node ${node}, ${store}, ${connections} connections, ${rounds} rounds`;
  const how = "µs: the lower quartile of the slices; ratio to the yardstick: their median, (min–max)";
  const parts = [figures.length > 0 ? `${head}; ${how}` : head];
  if (figures.length > 0) parts.push(figuresTable(figures));
  if (comparisons.length > 0) parts.push(comparisonsTable(comparisons));
  if (changes.length > 0) parts.push(changesTable(changes));
  if (memory) parts.push(memoryTable(memory));
  if (failures.length > 0) parts.push(failuresText(failures));
  return parts.join("\n\n");
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
