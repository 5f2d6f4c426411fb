/** Minutes of steady load on one server, with samples of memory, file size and rows: what grows without end shows. */
import { statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Failure, Meter } from "../load/measure.ts";
import { pathNamed } from "../load/paths.ts";
import { median } from "../load/statistics.ts";
import type { Installation } from "../processes/installation.ts";
import { Server } from "../processes/server.ts";
import { fixed, table } from "../report/table.ts";
import { rowCounts } from "./soak-rows.ts";

export const soakRate = 500;
const stepSeconds = 30;

interface Sample {
  readonly seconds: number;
  readonly sends: number;
  readonly rssMb: number;
  readonly fileMb: number;
  readonly logMb: number;
  readonly rows: Readonly<Record<string, number>>;
}

export interface SoakReport {
  readonly node: string;
  readonly rate: number;
  readonly samples: readonly Sample[];
  /** Resident memory at the end against its level after a third of the time. */
  readonly memoryGrowth: number;
  /** Bytes of the file for each recipient at the end. */
  readonly bytesPerRecipient: number;
  readonly failures: readonly Failure[];
}

/** Sends and verifies in turn, each recipient once. Rows grow with the sends, kept for a day; nothing else may grow. */
export async function runSoak(
  meter: Meter,
  from: Installation,
  minutes: number,
  onProgress: (text: string) => void,
): Promise<{ data: SoakReport; text: string }> {
  const send = pathNamed("send-key");
  const verify = pathNamed("verify-key");
  await using installation = from.copy();
  await using server = await Server.start(installation);
  const samples: Sample[] = [];
  const startedAt = performance.now();
  let sends = 0;
  const sample = async () => {
    const seconds = (performance.now() - startedAt) / 1000;
    const sizeMb = (path: string) => (statSync(path, { throwIfNoEntry: false })?.size ?? 0) / 1e6;
    const taken = {
      seconds,
      sends,
      rssMb: (await server.child.usage()).rss / 1e6,
      fileMb: sizeMb(installation.databasePath),
      logMb: sizeMb(`${installation.databasePath}-wal`),
      rows: rowCounts(installation),
    };
    samples.push(taken);
    onProgress(
      `${fixed(seconds)} s: ${sends} sends, ${fixed(taken.rssMb)} MB resident, file ${fixed(taken.fileMb)} MB`,
    );
  };
  await sample();
  while (performance.now() - startedAt < minutes * 60_000) {
    const before = meter.failures.length;
    sends += (await meter.atRate(send, server, soakRate, stepSeconds / 2)).requests;
    // A verify sends first, as fast as it can.
    sends += (await meter.atRate(verify, server, soakRate, stepSeconds / 2)).requests;
    await sample();
    if (meter.failures.length > before) break;
  }
  // By then the sweep has run once more, and the log written ahead is carried over.
  await sleep(6_000);
  await sample();
  const third = samples.slice(Math.floor(samples.length / 3), Math.ceil(samples.length / 2));
  const end = samples.slice(-3);
  const last = samples.at(-1);
  const data: SoakReport = {
    node: process.version,
    rate: soakRate,
    samples,
    memoryGrowth: median(end.map(({ rssMb }) => rssMb)) / median(third.map(({ rssMb }) => rssMb)),
    bytesPerRecipient: ((last?.fileMb ?? 0) * 1e6) / (last?.rows.recipient ?? 1),
    failures: meter.failures,
  };
  return { data, text: soakText(data) };
}

function soakText({ node, rate, samples, memoryGrowth, bytesPerRecipient }: SoakReport): string {
  const names = Object.keys(samples.at(-1)?.rows ?? {});
  const text = table(
    ["seconds", "sends", "resident MB", "file MB", "log MB", ...names],
    samples.map(({ seconds, sends, rssMb, fileMb, logMb, rows }) => [
      fixed(seconds),
      String(sends),
      fixed(rssMb),
      fixed(fileMb, 1),
      fixed(logMb, 1),
      ...names.map((name) => String(rows[name] ?? 0)),
    ]),
  );
  const head = `node ${node}, SQLite, sends and verifies in turn at ${rate} a second, an Idempotency-Key each`;
  const growth = `memory at the end against a third of the way: ${fixed(memoryGrowth, 2)}`;
  return `${head}\n\n${text}\n\n${growth}; file per recipient: ${fixed(bytesPerRecipient)} bytes`;
}
