/** Sends at a steady rate, from the store on: without HTTP and gateway. */
import { setTimeout as sleep } from "node:timers/promises";
import { Caller } from "@antryk/testkit/store/harness";
import type { Store } from "../../../packages/server/src/store/port.ts";

export interface SendFigures {
  readonly perSecond: number;
  /** From the moment at which it was due until it was settled, ms. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** A store that is slower gets no more: then fewer a second are reached. */
const mostUnderWay = 2_000;

/** Begins so many each second, whether the others have ended or not. Throws if one is not answered as it should be. */
export async function sendSteadily(store: Store, perSecond: number, seconds: number): Promise<SendFigures> {
  const wanted = perSecond * seconds;
  const tookMs: number[] = [];
  const all: Promise<void>[] = [];
  const begunAt = performance.now();
  const send = async (dueAt: number) => {
    await new Caller(store).send("1");
    tookMs.push(performance.now() - dueAt);
  };
  while (all.length < wanted) {
    const due = Math.min(wanted, Math.floor(((performance.now() - begunAt) * perSecond) / 1_000));
    while (all.length < due && all.length - tookMs.length < mostUnderWay)
      all.push(send(begunAt + (all.length * 1_000) / perSecond));
    await sleep(2);
  }
  await Promise.all(all);
  const perMs = tookMs.length / (performance.now() - begunAt);
  const sorted = Float64Array.from(tookMs).sort();
  const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? 0;
  return { perSecond: perMs * 1_000, p50Ms: at(0.5), p99Ms: at(0.99) };
}
