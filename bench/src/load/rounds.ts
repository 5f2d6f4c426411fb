/** Rounds of slices: yardstick, path, yardstick, path, … on a server that has just been started on an empty store. */
import type { Child } from "../processes/child.ts";
import { type Installation, Server } from "../processes/installation.ts";
import type { LoadRequest } from "./load.ts";
import type { Meter, Slice } from "./measure.ts";
import type { Path } from "./paths.ts";

/** A path's slice between two slices of the yardstick. */
export interface Measured {
  readonly before: Slice;
  readonly slice: Slice;
  readonly after: Slice;
}

export interface RoundsInput {
  readonly meter: Meter;
  readonly installation: Installation;
  readonly yardstick: { readonly child: Child; readonly origin: string };
  readonly paths: readonly Path[];
  readonly rounds: number;
  /** About how long one slice takes. */
  readonly seconds: number;
  readonly onProgress: (text: string) => void;
}

/** Requests of each path that let the compiler finish before anything is measured; the yardstick gets as many. */
export const warmUpRequests = 32_768;
/** A slice's bounds, whatever the rate is. */
const fewest = 1_024;
const most = 100_000;

export async function runRounds(input: RoundsInput): Promise<Map<string, Measured[]>> {
  const measured = new Map<string, Measured[]>(input.paths.map((path) => [path.name, []]));
  const rates = new Map<string, number>();
  for (let round = 0; round < input.rounds; round += 1) {
    input.onProgress(`round ${round + 1} of ${input.rounds}`);
    using installation = input.installation.copy();
    await using server = await Server.start(installation);
    // Each round begins with another path, so that none always meets the emptier store.
    const first = round % input.paths.length;
    await runRound(input, server, [...input.paths.slice(first), ...input.paths.slice(0, first)], rates, measured);
  }
  return measured;
}

async function runRound(
  { meter, yardstick, seconds }: RoundsInput,
  server: Server,
  paths: readonly Path[],
  rates: Map<string, number>,
  measured: ReadonlyMap<string, Measured[]>,
): Promise<void> {
  const count = (name: string) => Math.min(most, Math.max(fewest, Math.round((rates.get(name) ?? 0) * seconds)));
  const measureYardstick = async (requests = count("yardstick")): Promise<Slice> => {
    const slice = await meter.yardstick(yardstick.child, yardstick.origin, server, requests);
    rates.set("yardstick", slice.requestsPerSecond);
    return slice;
  };
  if (!rates.has("yardstick")) await measureYardstick(warmUpRequests);
  for (const path of paths) {
    const { requestsPerSecond } = await meter.send(path, server, await meter.prepare(path, server, warmUpRequests));
    if (!rates.has(path.name)) rates.set(path.name, requestsPerSecond);
  }
  const prepared = new Map<string, LoadRequest[]>();
  for (const path of paths) prepared.set(path.name, await meter.prepare(path, server, count(path.name)));

  let before = await measureYardstick();
  for (const path of paths) {
    const slice = await meter.send(path, server, prepared.get(path.name) ?? []);
    const after = await measureYardstick();
    rates.set(path.name, slice.requestsPerSecond);
    measured.get(path.name)?.push({ before, slice, after });
    before = after;
  }
}
