/** What a run measures: which path on which server, and what is compared with what. Pure. */
import type { EngineName } from "../engines/engine.ts";
import { type Path, pathNamed } from "./paths.ts";

/** Whose server: this checkout's, or that of the other one (`--against`). */
export type Side = "after" | "before";

export interface ServerSpec {
  readonly side: Side;
  readonly workers: number;
  /** A second process on the same database. */
  readonly second: boolean;
}

/** One path on one server. */
export interface Row {
  readonly id: string;
  readonly path: Path;
  readonly at: ServerSpec;
  /** Which server sends the codes that are verified. */
  readonly sender: ServerSpec;
}

/** What one row costs in terms of another. */
export interface Comparison {
  readonly title: string;
  readonly side: Side;
  readonly of: Row;
  readonly by: Row;
  /** The ratio should be no more than this; null: it is only reported. */
  readonly goal: number | null;
}

const workerCounts: Readonly<Record<EngineName, readonly number[]>> = { sqlite: [1], postgres: [1, 2, 4] };
/** Measured with each count of workers, the others with one. */
const spreadPaths = new Set(["send", "verify"]);

const ratios: readonly { readonly of: string; readonly by: string; readonly goal: number | null }[] = [
  { of: "send-limit", by: "send", goal: 1.3 },
  { of: "send-rules", by: "send", goal: 1.3 },
  { of: "send-key", by: "send", goal: 1.6 },
  { of: "send-report", by: "send-smpp", goal: 1.3 },
  { of: "verify-key", by: "verify", goal: 1.6 },
  { of: "verify-elsewhere", by: "verify", goal: null },
];
const most = Math.max(...workerCounts.postgres);
const workersGoal = 1.3;

/**
 * The rows in the order in which they are measured: those of one path side by side, each beside its like of the other
 * checkout.
 */
export function planRows(
  engine: EngineName,
  only: ReadonlySet<string>,
  sides: readonly Side[],
  all: readonly Path[],
): Row[] {
  return all
    .filter(({ name, targets }) => only.has(name) && targets[engine] !== undefined)
    .flatMap((path) =>
      (spreadPaths.has(path.name) ? workerCounts[engine] : [1]).flatMap((workers) =>
        sides.map((side) => rowOf(path, side, workers)),
      ),
    );
}

function rowOf(path: Path, side: Side, workers: number): Row {
  const sender = { side, workers, second: false };
  return {
    id: `${path.name}, ${serverName(sender)}`,
    path,
    at: { ...sender, second: path.elsewhere === true },
    sender,
  };
}

/** The same for the same server. */
export function serverName({ side, workers, second }: ServerSpec): string {
  return `${side}, ${workers} ${workers === 1 ? "worker" : "workers"}${second ? ", second process" : ""}`;
}

/** The servers that the rows need, each once. */
export function serversOf(rows: readonly Row[]): ServerSpec[] {
  const specs = rows.flatMap(({ at, sender }) => [sender, at]);
  return [...new Map(specs.map((spec) => [serverName(spec), spec])).values()];
}

/** Ratios between paths, and between counts of workers; for those of which both rows are measured. */
export function comparisonsOf(rows: readonly Row[]): Comparison[] {
  const sides = [...new Set(rows.map(({ at }) => at.side))];
  return sides.flatMap((side) => {
    const find = (name: string, workers = 1) =>
      rows.find(({ path, at }) => path.name === name && at.side === side && at.workers === workers);
    const between = (title: string, of: Row | undefined, by: Row | undefined, goal: number | null): Comparison[] =>
      of && by ? [{ title, side, of, by, goal }] : [];
    return [
      ...ratios.flatMap(({ of, by, goal }) =>
        between(`${pathNamed(of).title} ÷ ${pathNamed(by).title}`, find(of), find(by), goal),
      ),
      ...[...spreadPaths].flatMap((name) =>
        between(`${pathNamed(name).title}, ${most} workers ÷ 1`, find(name, most), find(name), workersGoal),
      ),
    ];
  });
}

/** Each row of this checkout against its like of the other one. */
export function changesOf(rows: readonly Row[]): Comparison[] {
  return rows.flatMap((of) => {
    if (of.at.side === "before") return [];
    const by = rows.find(({ path, at }) => path === of.path && at.side === "before" && at.workers === of.at.workers);
    return by ? [{ title: of.path.title, side: of.at.side, of, by, goal: null }] : [];
  });
}

/**
 * The rows by path, in the order of this round: each begins with another path, and every other one goes through the
 * rows of a path backwards, so that none always meets the emptier store.
 */
export function orderOf(rows: readonly Row[], round: number): Row[][] {
  const groups = [...Map.groupBy(rows, ({ path }) => path.name).values()];
  const first = groups.length === 0 ? 0 : round % groups.length;
  const rotated = [...groups.slice(first), ...groups.slice(0, first)];
  return round % 2 === 0 ? rotated : rotated.map((group) => group.toReversed());
}
