/** The paths over PostgreSQL, with one worker and with two: the processor time of every process of server and database together. */
import { type Cluster, startCluster } from "@antryk/testkit/postgres";
import type { Failure, Meter } from "../load/measure.ts";
import { connections, type Path, paths, reached, type Target } from "../load/paths.ts";
import { query } from "../load/query.ts";
import { type Measured, warmUpRequests } from "../load/rounds.ts";
import { pairedRatios, spread } from "../load/statistics.ts";
import type { Options } from "../options.ts";
import { Child } from "../processes/child.ts";
import { Installation, Server } from "../processes/installation.ts";
import { treeCpuUs } from "../processes/processes.ts";
import { common, failuresText, spreadText } from "../report/report.ts";
import { fixed, table } from "../report/table.ts";

const workerCounts = [1, 2];
const measuredPaths = ["send", "send-key", "verify", "verify-key"];
const targets: Readonly<Record<Path["operation"], Target>> = {
  "send-otp": { first: 6, later: 4 },
  "verify-otp": { first: 4, later: 3 },
};
/** As it comes, but for memory: each commit is on the disk before its answer. */
export const durableSettings = ["shared_buffers=256MB", "max_wal_size=4GB", "max_connections=50"];

export interface PostgresReport {
  readonly node: string;
  readonly database: string;
  readonly connections: number;
  readonly rounds: number;
  readonly figures: readonly ReturnType<typeof figuresOf>[];
  readonly failures: readonly Failure[];
}

export async function runPostgres(
  meter: Meter,
  gatewayUrl: string,
  { rounds, seconds, only }: Options,
  onProgress: (text: string) => void,
): Promise<{ data: PostgresReport; text: string }> {
  await using cluster = await startCluster({ settings: durableSettings });
  await using yardstick = new Child({ module: new URL("../load/yardstick.ts", import.meta.url) });
  const origin = await yardstick.ask<string>("listen");
  const figures = [];
  for (const workers of workerCounts) {
    const url = await newDatabase(cluster, `workers_${workers}`);
    using installation = await Installation.create(gatewayUrl, url);
    await using server = await Server.start(installation, { workers, databasePid: cluster.pid });
    for (const path of paths.filter(({ name }) => measuredPaths.includes(name) && only.has(name))) {
      onProgress(`${path.name}, ${workers} workers: warming up`);
      // Half as many as elsewhere: the rounds go on with the same server, and a send costs twice as much.
      const { requestsPerSecond } = await meter.send(
        path,
        server,
        await meter.prepare(path, server, warmUpRequests / 2),
      );
      const count = Math.max(1_024, Math.round(requestsPerSecond * seconds));
      const measureYardstick = () => meter.yardstick(yardstick, origin, server, warmUpRequests);
      const measured: (Measured & { readonly databaseUs: number })[] = [];
      let before = await measureYardstick();
      for (let round = 0; round < rounds; round += 1) {
        onProgress(`${path.name}, ${workers} workers: round ${round + 1} of ${rounds}`);
        const requests = await meter.prepare(path, server, count);
        const databaseBefore = treeCpuUs([cluster.pid]);
        const slice = await meter.send(path, server, requests);
        const databaseUs = (treeCpuUs([cluster.pid]) - databaseBefore) / slice.requests;
        const after = await measureYardstick();
        measured.push({ before, slice, after, databaseUs });
        before = after;
      }
      figures.push(figuresOf(path, workers, measured));
    }
  }
  const [version] = await query<{ server_version: string }>(cluster.url("postgres"), "SHOW server_version");
  const data = {
    node: process.version,
    database: `PostgreSQL ${version?.server_version}`,
    connections,
    rounds,
    figures,
    failures: meter.failures,
  };
  return { data, text: reportText(data) };
}

export async function newDatabase(cluster: Cluster, name: string): Promise<string> {
  await query(cluster.url("postgres"), `CREATE DATABASE ${name}`);
  return cluster.url(name);
}

function figuresOf(
  { name, title, operation }: Path,
  workers: number,
  measured: readonly (Measured & { readonly databaseUs: number })[],
) {
  const ratio = spread(
    pairedRatios(
      measured.map(({ before, slice, after }) => ({ before: before.cpuUs, value: slice.cpuUs, after: after.cpuUs })),
    ),
  );
  const target = targets[operation];
  return {
    name,
    title,
    workers,
    ...common(measured.map(({ slice }) => slice)),
    /** The database's part of the processor time. */
    databaseUs: spread(measured.map(({ databaseUs }) => databaseUs)),
    yardstickUs: spread(measured.flatMap(({ before, after }) => [before.cpuUs, after.cpuUs])),
    ratio,
    target,
    reached: reached(ratio.median, target),
  };
}

function reportText({ node, database, rounds, figures, failures }: PostgresReport): string {
  const head = `node ${node}, ${database}, fsync on, ${connections} connections, ${rounds} rounds; server and database processes together; medians, (min–max)`;
  const rows = figures.map((each) => [
    each.title,
    String(each.workers),
    fixed(each.cpuUs.median, 1),
    fixed(each.databaseUs.median, 1),
    fixed(each.yardstickUs.median, 1),
    spreadText(each.ratio),
    fixed(each.requestsPerSecond),
    fixed(each.p50Ms, 1),
    fixed(each.p99Ms, 1),
    `${each.target.first} ×`,
    each.reached,
  ]);
  const text = table(
    [
      "path",
      "workers",
      "µs/request",
      "of it database",
      "yardstick µs",
      "ratio",
      "req/s",
      "p50 ms",
      "p99 ms",
      "target",
      "reached",
    ],
    rows,
  );
  return [head, text, ...(failures.length > 0 ? [failuresText(failures)] : [])].join("\n\n");
}
