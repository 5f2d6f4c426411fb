/** Resident memory of a server at rest and under a steady rate of sends. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Installation } from "../processes/installation.ts";
import { Server } from "../processes/server.ts";
import type { Meter, Slice } from "./measure.ts";
import type { Path } from "./paths.ts";
import { median } from "./statistics.ts";

export interface Memory {
  /** MB (10^6 bytes): a server that has started and was asked nothing; median. */
  readonly restMb: number;
  /** MB: under load; the median and the highest. */
  readonly loadMb: number;
  readonly loadPeakMb: number;
  readonly load: Slice;
}

export const loadRate = 1_000;
export const loadSeconds = 20;
const settleMs = 3_000;
const sampleMs = 500;

export async function measureMemory(meter: Meter, from: Installation, path: Path): Promise<Memory> {
  await using installation = from.copy();
  await using server = await Server.start(installation);
  await sleep(settleMs);
  const rest = await sampleUntil(server, sleep(5 * sampleMs));
  const loading = meter.atRate(path, server, loadRate, loadSeconds);
  const loaded = await sampleUntil(server, loading);
  return { restMb: median(rest), loadMb: median(loaded), loadPeakMb: Math.max(...loaded), load: await loading };
}

/** Resident memory every half second until then, MB. */
async function sampleUntil(server: Server, done: Promise<unknown>): Promise<number[]> {
  let over = false;
  const end = () => {
    over = true;
  };
  done.then(end, end);
  const samples: number[] = [];
  do {
    samples.push((await server.child.usage()).rss / 1e6);
    await Promise.race([done, sleep(sampleMs)]);
  } while (!over);
  return samples;
}
