/** The usual run: every chosen path, on either engine; with another checkout, both in turn. */
import type { Engine } from "./engines/engine.ts";
import type { Receivers } from "./gateways/receivers.ts";
import type { Meter } from "./load/measure.ts";
import { measureMemory } from "./load/memory.ts";
import { connections, pathNamed, paths } from "./load/paths.ts";
import { changesOf, comparisonsOf, planRows, type Row, type Side, serversOf } from "./load/plan.ts";
import { runRounds } from "./load/rounds.ts";
import { Servers } from "./load/servers.ts";
import type { Options } from "./options.ts";
import { Checkout } from "./processes/checkout.ts";
import { Child } from "./processes/child.ts";
import type { Installation } from "./processes/installation.ts";
import type { ServiceName } from "./processes/services.ts";
import { compare } from "./report/comparisons.ts";
import { rowFigures, yardstickFigures } from "./report/figures.ts";
import type { Report } from "./report/report.ts";

export interface PathsInput {
  readonly engine: Engine;
  readonly meter: Meter;
  readonly receivers: Receivers;
  readonly options: Options;
  readonly onProgress: (text: string) => void;
}

export async function runPaths({ engine, meter, receivers, options, onProgress }: PathsInput): Promise<Report> {
  const { rounds, seconds, warmUp, only, against } = options;
  await using stack = new AsyncDisposableStack();
  const sides: readonly Side[] = against === undefined ? ["after"] : ["after", "before"];
  const wanted = planRows(engine.name, only, sides, paths);
  const services = [...new Set(wanted.map(({ path }) => path.service).concat("send"))];
  const install = async (side: Side, folder?: string): Promise<Installation> => {
    const checkout = folder === undefined ? Checkout.own : new Checkout(folder);
    const { addresses } = receivers;
    return stack.use(await engine.install({ checkout, addresses, services, lenient: side === "before" }));
  };
  const after = await install("after");
  const before = against === undefined ? undefined : await install("before", against);
  if (before) tellMissing(services, before, onProgress);
  const rows = wanted.filter(({ path, at }) => at.side === "after" || before?.has(path.service));

  const yardstick = stack.use(new Child({ module: new URL("./load/yardstick.ts", import.meta.url) }));
  const measured = await runRounds({
    meter,
    yardstick: { child: yardstick, origin: await yardstick.ask<string>("listen") },
    rows,
    start: () => Servers.start(engine, { after, ...(before ? { before } : {}) }, serversOf(rows)),
    rounds: rows.length === 0 ? 0 : rounds,
    // Servers over PostgreSQL are many, and each takes its time to warm up.
    roundsPerStart: engine.name === "sqlite" ? 1 : rounds,
    warmUp,
    seconds,
    onProgress,
  });
  const withMemory = engine.name === "sqlite" && only.has("memory");
  if (withMemory) onProgress("memory");
  const memory = withMemory ? await measureMemory(meter, after, pathNamed("send")) : null;
  const figuresOf = (row: Row) => rowFigures(row, row.path.targets[engine.name] ?? null, measured.get(row.id) ?? []);
  return {
    node: process.version,
    store: engine.label,
    connections,
    rounds,
    figures: rows.length === 0 ? [] : [yardstickFigures(measured.values()), ...rows.map(figuresOf)],
    comparisons: comparisonsOf(rows).map((each) => compare(each, measured)),
    changes: changesOf(rows).map((each) => compare(each, measured)),
    memory,
    failures: meter.failures,
  };
}

function tellMissing(
  services: readonly ServiceName[],
  installation: Installation,
  onProgress: (text: string) => void,
): void {
  const missing = services.filter((name) => !installation.has(name));
  if (missing.length > 0)
    onProgress(`the other checkout lacks what ${missing.join(", ")} needs: it is measured here alone`);
}
