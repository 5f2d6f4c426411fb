/** What is done to a run: each fault by name, for the engines that it applies to. */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Engine } from "../engines.ts";
import { type Cluster, run as query } from "../postgres.ts";
import { until } from "../until.ts";
import type { Cut } from "./proxy.ts";
import type { Random } from "./random.ts";
import type { Rig, RigOptions } from "./rig.ts";

export interface Fault {
  readonly name: string;
  readonly engines: readonly Engine[];
  readonly rig?: Pick<RigOptions, "settings" | "standby" | "workers">;
  /** Between two injections, ms. */
  readonly everyMs: number;
  /** At most; the default is as many as there is time for. */
  readonly times?: number;
  /** Why it can't be had on this machine. */
  lacking?(): string | undefined;
  /** Before the servers start. */
  prepare?(rig: Rig): void;
  /** Once they run; what it returns is called at the end, and may say how often it has struck. */
  begin?(rig: Rig): Promise<() => Promise<number | undefined>>;
  /** Once more. */
  inject(rig: Rig, random: Random): Promise<void>;
}

const both = ["sqlite", "postgres"] as const;
/** Back and right again: ahead would stand for a machine that was suspended (docs/decisions/0024). */
const hours = ["-3600", "-7200", "+0"];
const fsyncDelayMs = 40;

async function restart(rig: Rig, random: Random, signal: "SIGKILL" | "SIGTERM"): Promise<void> {
  const n = random.below(rig.targets.length);
  await rig.endServer(n, signal);
  await rig.startServer(n);
}

/** All of a cluster's processes at once, as when the machine's memory is gone. */
export async function crash(cluster: Cluster): Promise<void> {
  const children = childrenOf(cluster.pid);
  const ended = cluster.stop("SIGKILL");
  for (const pid of children) tryKill(pid);
  await ended;
  await until(() => !children.some((pid) => existsSync(`/proc/${pid}/exe`)), {
    what: "the database's processes end",
    everyMs: 5,
  });
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(/\s+/).filter(Boolean).map(Number);
}

function tryKill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended by itself, its parent being gone.
  }
}

function libfaketime(): string | undefined {
  const folders = existsSync("/usr/lib") ? readdirSync("/usr/lib").map((name) => `/usr/lib/${name}/faketime`) : [];
  return folders.map((folder) => join(folder, "libfaketime.so.1")).find((path) => existsSync(path));
}

export const faults: readonly Fault[] = [
  { name: "none", engines: both, everyMs: 1_000, times: 0, inject: async () => undefined },
  { name: "kill-server", engines: both, everyMs: 900, inject: (rig, random) => restart(rig, random, "SIGKILL") },
  {
    name: "kill-worker",
    engines: ["postgres"],
    rig: { workers: 2 },
    // A worker that ends soon after its start is started again later and later.
    everyMs: 4_000,
    async inject(rig, random) {
      const workers = childrenOf(rig.pid(0));
      const one = workers[random.below(workers.length)];
      if (one !== undefined) tryKill(one);
    },
  },
  { name: "restart-server", engines: both, everyMs: 1_200, inject: (rig, random) => restart(rig, random, "SIGTERM") },
  {
    name: "kill-database",
    engines: ["postgres"],
    everyMs: 2_500,
    async inject(rig, random) {
      const [cluster] = rig.clusters;
      if (!cluster) return;
      await crash(cluster);
      await sleep(random.between(0, 600));
      await cluster.start();
    },
  },
  {
    name: "restart-database",
    engines: ["postgres"],
    everyMs: 2_500,
    async inject(rig) {
      await rig.clusters[0]?.stop();
      await rig.clusters[0]?.start();
    },
  },
  {
    name: "cut-connections",
    engines: ["postgres"],
    everyMs: 120,
    async inject(rig, random) {
      rig.proxy?.cut(random.pick<Cut>({ now: 2, "before-answer": 2, "before-request": 1 }));
    },
  },
  {
    name: "slow-disk",
    engines: both,
    rig: { settings: ["max_connections=60", "shared_buffers=64MB"] },
    everyMs: 1_000,
    times: 0,
    lacking() {
      const inject = ["-e", "trace=fsync,fdatasync", "-e", "inject=fsync:delay_enter=1"];
      return spawnSync("strace", ["-f", ...inject, "true"]).status === 0 ? undefined : "strace can't trace here";
    },
    begin: async (rig) => {
      const [cluster] = rig.clusters;
      const pids = cluster ? [cluster.pid, ...childrenOf(cluster.pid)] : [rig.pid(0)];
      const log = join(rig.installation.folder, "strace.txt");
      const inject = [
        "-e",
        "trace=fsync,fdatasync",
        "-e",
        `inject=fsync,fdatasync:delay_enter=${fsyncDelayMs * 1000}:when=2+3`,
      ];
      const strace = spawn(
        "strace",
        ["-f", "-qq", ...inject, "-o", log, ...pids.flatMap((pid) => ["-p", String(pid)])],
        {
          stdio: "ignore",
        },
      );
      await sleep(300);
      return async () => {
        const ended = new Promise((resolve) => strace.once("exit", resolve));
        strace.kill("SIGINT");
        await ended;
        return readFileSync(log, "utf8").split("(DELAYED)").length - 1;
      };
    },
    inject: async () => undefined,
  },
  {
    name: "clock-step",
    engines: both,
    everyMs: 700,
    prepare(rig) {
      rig.installation.env.NODE_OPTIONS = `--import=${new URL("./clock-step.ts", import.meta.url).href}`;
    },
    begin: async (rig) => async () => rig.installation.output.split('"clock_stepped"').length - 1,
    async inject(rig) {
      process.kill(rig.pid(0), "SIGUSR2");
    },
  },
  {
    name: "clock-step-libfaketime",
    engines: both,
    everyMs: 1_500,
    lacking: () => (libfaketime() ? undefined : "Debian's libfaketime is not installed"),
    prepare(rig) {
      const file = join(rig.installation.folder, "faketime");
      writeFileSync(file, hours[2] ?? "");
      Object.assign(rig.installation.env, {
        LD_PRELOAD: libfaketime(),
        FAKETIME_TIMESTAMP_FILE: file,
        FAKETIME_CACHE_DURATION: "1",
        FAKETIME_DONT_FAKE_MONOTONIC: "1",
        DONT_FAKE_MONOTONIC: "1",
      });
    },
    begin: async (rig) => {
      const seen = new Set<number>();
      const watch = setInterval(() => void hourOf(rig).then((hour) => seen.add(hour)), 250);
      return async () => {
        clearInterval(watch);
        if (seen.size < 2) throw new Error("libfaketime did not step the server's clock");
        return undefined;
      };
    },
    async inject(rig, random) {
      writeFileSync(join(rig.installation.folder, "faketime"), hours[random.below(hours.length)] ?? "");
    },
  },
  {
    name: "suspension",
    engines: both,
    everyMs: 2_500,
    prepare({ engine, installation }) {
      if (engine !== "sqlite") return;
      const file = join(installation.folder, "suspension");
      writeFileSync(file, Buffer.alloc(8));
      installation.env.TEST_SUSPENSION_FILE = file;
      installation.env.NODE_OPTIONS = `--import=${new URL("./suspension.ts", import.meta.url).href}`;
    },
    async begin({ engine, clusters }) {
      if (engine === "postgres" && clusters[0]) await query(clusters[0].url("postgres"), movableClock);
      return async () => undefined;
    },
    async inject(rig, random) {
      const pids = rig.targets.map((_, n) => rig.pid(n));
      for (const pid of pids) process.kill(pid, "SIGSTOP");
      await until(() => pids.every(isStopped), { what: "the servers stand still", everyMs: 2 });
      // Longer than a code lives, and than a lease.
      const ms = Math.floor(random.between(15_000, 40_000));
      await moveClock(rig, rig.moments.skipped + ms);
      rig.moments.skip(ms);
      // What is asked meanwhile is what they begin with.
      await sleep(random.between(50, 200));
      for (const pid of pids) process.kill(pid, "SIGCONT");
    },
  },
  {
    name: "failover",
    engines: ["postgres"],
    rig: { standby: true },
    everyMs: 4_000,
    times: 1,
    async inject(rig) {
      const [primary, standby] = rig.clusters;
      if (!primary || !standby) return;
      await crash(primary);
      await query(standby.url("postgres"), "SELECT pg_promote(true, 20)");
      rig.proxy?.leadTo(standby.port);
    },
  },
];

/** With PostgreSQL the database's clock is the store's: its host went on while those of the servers were suspended. */
const movableClock = `CREATE TABLE public.suspension AS SELECT 0::bigint AS ms;
  CREATE OR REPLACE FUNCTION antryk.clock_ms() RETURNS bigint LANGUAGE sql VOLATILE SET search_path = antryk, pg_temp AS $$
    SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint + (SELECT ms FROM public.suspension)
  $$`;

async function moveClock({ engine, installation, clusters }: Rig, aheadMs: number): Promise<void> {
  const [cluster] = clusters;
  if (cluster) await query(cluster.url("postgres"), `UPDATE public.suspension SET ms = ${aheadMs}`);
  if (engine !== "sqlite") return;
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(aheadMs);
  writeFileSync(join(installation.folder, "suspension"), bytes, { flag: "r+" });
}

function isStopped(pid: number): boolean {
  return / T /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
}

/** By the server's own Date header, against this process's clock. */
async function hourOf(rig: Rig): Promise<number> {
  const url = rig.targets[0]?.baseUrl;
  if (url === undefined) return 0;
  const date = await fetch(`${url}/nothing`).then(
    (reply) => reply.headers.get("date"),
    () => null,
  );
  return date === null ? 0 : Math.round((Date.parse(date) - Date.now()) / 3_600_000);
}
