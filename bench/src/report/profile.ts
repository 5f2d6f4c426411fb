/** One CPU profile of the server for each path, as `--cpu-prof` writes them, but of the measured requests alone. */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Meter } from "../load/measure.ts";
import type { Path } from "../load/paths.ts";
import type { Installation } from "../processes/installation.ts";
import { Server } from "../processes/server.ts";
import { fixed, table } from "./table.ts";

interface Node {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  readonly children?: readonly number[];
}

export interface Profile {
  readonly nodes: readonly Node[];
  /** The node of each sample, and the time since the sample before, µs. */
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

export interface SelfTime {
  readonly name: string;
  /** Wall time of the main thread, waiting inside a call included (an fsync), µs. */
  readonly us: number;
}

const warmUpRequests = 16_384;
const profiledRequests = 16_384;
const shown = 30;
const root = new URL("../../../", import.meta.url).href;

export async function profilePaths(
  meter: Meter,
  from: Installation,
  paths: readonly Path[],
  folder: string,
): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const parts: string[] = [];
  for (const path of paths) {
    await using installation = from.copy();
    await using server = await Server.start(installation);
    await meter.send(path, server, await meter.prepare(path, server, warmUpRequests));
    const requests = await meter.prepare(path, server, profiledRequests);
    const file = join(folder, `${path.name}.cpuprofile`);
    await server.child.ask("profile-start");
    const { cpuUs } = await meter.send(path, server, requests);
    await server.child.ask("profile-stop", file);
    const times = selfTimes(JSON.parse(readFileSync(file, "utf8")) as Profile);
    const total = times.reduce((sum, { us }) => sum + us, 0);
    const rows = times
      .slice(0, shown)
      .map(({ name, us }) => [name, fixed((us / total) * 100, 1), fixed(us / requests.length, 1)]);
    parts.push(
      [
        `${path.title}: ${file}`,
        `${fixed(cpuUs, 1)} µs of processor time a request while profiled`,
        "below, wall time of the main thread, waits for the disk included",
        "",
        table(["self time in", "%", "µs/request"], rows),
      ].join("\n"),
    );
  }
  return parts.join("\n\n");
}

/** Time by function without its callees and idleness, the longest first. A native one is named with its caller. */
export function selfTimes({ nodes, samples, timeDeltas }: Profile): SelfTime[] {
  const callers = new Map(nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node] as const)));
  const names = new Map(nodes.map((node) => [node.id, nameOf(node, callers.get(node.id))]));
  const times = new Map<string, number>();
  samples.forEach((id, at) => {
    const name = names.get(id) ?? "?";
    if (name === "(idle)") return;
    times.set(name, (times.get(name) ?? 0) + (timeDeltas[at + 1] ?? 0));
  });
  return [...times].map(([name, us]) => ({ name, us })).sort((a, b) => b.us - a.us);
}

function nameOf({ callFrame: { functionName, url, lineNumber } }: Node, caller: Node | undefined): string {
  const name = functionName === "" ? "(anonymous)" : functionName;
  if (url !== "") return `${name} ${url.replace(root, "")}:${lineNumber + 1}`;
  return caller === undefined || caller.callFrame.url === "" ? name : `${name} < ${nameOf(caller, undefined)}`;
}
