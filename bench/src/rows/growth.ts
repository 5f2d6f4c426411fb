/** Send and verify over a large history against the same on an empty store: empty, full, empty, full, … */
import { statSync } from "node:fs";
import type { Failure, Meter, Slice } from "../load/measure.ts";
import { growthTarget, type Path, paths, reached, warmUpRequests } from "../load/paths.ts";
import type { Measured } from "../load/rounds.ts";
import type { Options } from "../options.ts";
import type { Installation } from "../processes/installation.ts";
import { Server } from "../processes/server.ts";
import { common, spreadText, yardsticks } from "../report/figures.ts";
import { failuresText } from "../report/report.ts";
import { fixed, table } from "../report/table.ts";
import { fillHistory } from "./growth-rows.ts";

const measuredPaths = ["send", "verify"];

export interface GrowthReport {
  readonly node: string;
  readonly rows: number;
  /** The full store's file, MB (10^6 bytes). */
  readonly fileMb: number;
  readonly figures: readonly ReturnType<typeof figuresOf>[];
  readonly failures: readonly Failure[];
}

export async function runGrowth(
  meter: Meter,
  from: Installation,
  { growthRows, rounds, seconds }: Options,
  onProgress: (text: string) => void,
): Promise<{ data: GrowthReport; text: string }> {
  await using emptyInstallation = from.copy();
  await using fullInstallation = from.copy();
  fillHistory(fullInstallation, growthRows, onProgress);
  const fileMb = statSync(fullInstallation.databasePath).size / 1e6;
  await using empty = await Server.start(emptyInstallation);
  await using full = await Server.start(fullInstallation);
  const figures = [];
  for (const path of paths.filter(({ name }) => measuredPaths.includes(name))) {
    onProgress(`${path.name}: warming up`);
    const measure = async (server: Server, count: number): Promise<Slice> =>
      meter.send(path, server, await meter.prepare(path, server, count));
    await measure(empty, warmUpRequests);
    const { requestsPerSecond } = await measure(full, warmUpRequests);
    const count = Math.max(1_024, Math.round(requestsPerSecond * seconds));
    const measured: Measured[] = [];
    let before = await measure(empty, count);
    for (let round = 0; round < rounds; round += 1) {
      onProgress(`${path.name}: round ${round + 1} of ${rounds}`);
      const slice = await measure(full, count);
      const after = await measure(empty, count);
      measured.push({ before, slice, after });
      before = after;
    }
    figures.push(figuresOf(path, measured));
  }
  const data = { node: process.version, rows: growthRows, fileMb, figures, failures: meter.failures };
  return { data, text: growthText(data) };
}

function figuresOf({ name, title }: Path, measured: readonly Measured[]) {
  const ratio = yardsticks(measured);
  return {
    name,
    title,
    empty: common([...new Set(measured.flatMap(({ before, after }) => [before, after]))]),
    full: common(measured.map(({ slice }) => slice)),
    ratio,
    target: growthTarget,
    reached: reached(ratio.median, growthTarget),
  };
}

function growthText({ node, rows, fileMb, figures, failures }: GrowthReport): string {
  const full = `a history of ${rows} ended verifications (file ${fixed(fileMb)} MB)`;
  const head = `node ${node}; ${full} against an empty store; medians, (min–max)`;
  const text = table(
    ["path", "empty µs", "full µs", "ratio", "empty p99 ms", "full p99 ms", "first", "then", "reached"],
    figures.map(({ title, empty, full, ratio, target, reached: met }) => [
      title,
      fixed(empty.cpuUs.median, 1),
      fixed(full.cpuUs.median, 1),
      spreadText(ratio),
      fixed(empty.p99Ms, 1),
      fixed(full.p99Ms, 1),
      `${target.first} ×`,
      `${target.later} ×`,
      met,
    ]),
  );
  return [head, text, ...(failures.length > 0 ? [failuresText(failures)] : [])].join("\n\n");
}
