/**
 * The sweep at a steady rate: so many verifications become due each second, go to history, and soon after are reduced
 * and removed there, so that every step of a verification's end is at work. Both engines, in this process.
 */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { startPostgres } from "@antryk/testkit/postgres";
import { createLog } from "../../../packages/server/src/observe/log.ts";
import type { Engine } from "../../../packages/server/src/store/engine.ts";
import type { HistoryKeeping, Upkeep } from "../../../packages/server/src/store/ports/upkeep.ts";
import { openPostgresEngine } from "../../../packages/server/src/store/postgres/open.ts";
import { parseTarget } from "../../../packages/server/src/store/postgres/target.ts";
import { sweptAfterMs } from "../../../packages/server/src/store/rules/kinds.ts";
import { openSqliteEngine } from "../../../packages/server/src/store/sqlite/open.ts";
import { Sweeper, stepRows } from "../../../packages/server/src/store/sweeper.ts";
import { upkeepOver } from "../../../packages/server/src/store/upkeep.ts";
import { removeFolder, temporaryFolder } from "../processes/cleanup.ts";
import { treeCpuUs } from "../processes/processes.ts";
import { fixed, table } from "../report/table.ts";
import { fillDue } from "./sweep-rows.ts";

/** Verifications that become due each second. */
const rate = 5_000;
const steadySeconds = 40;
/** How far it is behind when that begins: what it would settle at takes too long to get to, s. */
const behindSeconds = 20;
/** For how many the sweep is measured without its rests. */
const backlog = 50_000;
/** What is in history for longer than this behind the sweep is reduced, and as long again later removed, ms. */
const keptMs = 5_000;
const lagResolutionMs = 10;
const settings = ["shared_buffers=256MB", "max_wal_size=4GB"];

interface SweepFigures {
  readonly engine: string;
  /** All were due, and it did not rest: verifications a second, and processor time for each, µs. */
  readonly mostPerSecond: number;
  readonly cpuUs: number;
  readonly databaseUs: number;
  /** At the steady rate: how far it was behind at most and at the end, s. */
  readonly mostBehind: number;
  readonly lastBehind: number;
  /** Processors that it kept busy, the database's included. */
  readonly processors: number;
  /** How late this process's timers were at the steady rate, 99th percentile, ms. */
  readonly lateMs: number;
}

export async function runSweep(progress: (text: string) => void): Promise<{ data: object; text: string }> {
  const figures = [await overSqlite(progress), await overPostgres(progress)];
  const head = `node ${process.version}; ${rate} verifications become due each second for ${steadySeconds} s, ${behindSeconds} s behind at first`;
  const columns = ["engine", "most a second", "process µs", "database µs"];
  const rows = figures.map((each) => [
    each.engine,
    fixed(each.mostPerSecond),
    fixed(each.cpuUs, 1),
    each.engine === "sqlite" ? "" : fixed(each.databaseUs, 1),
    fixed(each.mostBehind, 1),
    fixed(each.lastBehind, 1),
    fixed(each.processors, 2),
    fixed(each.lateMs),
  ]);
  const text = table([...columns, "behind at most, s", "at the end, s", "processors", "timers late p99 ms"], rows);
  return { data: { node: process.version, rate, figures }, text: `${head}\n\n${text}` };
}

async function overSqlite(progress: (text: string) => void): Promise<SweepFigures> {
  const folder = temporaryFolder();
  try {
    const clock = new HeldClock();
    return await measure(openSqliteEngine({ path: join(folder, "antryk.db"), clock }), clock, undefined, progress);
  } finally {
    removeFolder(folder);
  }
}

async function overPostgres(progress: (text: string) => void): Promise<SweepFigures> {
  await using server = await startPostgres({ settings });
  await using database = await server.database();
  const clock = new HeldClock();
  const engine = await openPostgresEngine({ target: parseTarget(database.url), clock, callPatienceMs: 60_000 });
  return await measure(engine, clock, server.cluster?.pid, progress);
}

async function measure(
  engine: Engine,
  clock: HeldClock,
  databasePid: number | undefined,
  progress: (text: string) => void,
): Promise<SweepFigures> {
  const store = { ...upkeepOver(engine), now: () => engine.now() };
  const keeping = {
    identifiedMs: sweptAfterMs + keptMs,
    reducedMs: keptMs,
    reduce: () => ({ hash: randomBytes(16), masked: "+919…10" }),
  };
  const usage = () => {
    const { user, system } = process.cpuUsage();
    return { own: user + system, database: databasePid ? treeCpuUs([databasePid]) : 0, at: performance.now() };
  };
  try {
    progress(`${engine.name}: ${backlog} that are due`);
    await fillDue(engine, backlog, clock.now() - 3_600_000, rate);
    const [before, ended] = [usage(), await sweepAll(store, keeping)];
    const after = usage();
    progress(`${engine.name}: ${rate * (behindSeconds + steadySeconds)} that become due`);
    await fillDue(engine, rate * (behindSeconds + steadySeconds), clock.now() - behindSeconds * 1000, rate);
    progress(`${engine.name}: ${rate} a second for ${steadySeconds} s`);
    const lag = monitorEventLoopDelay({ resolution: lagResolutionMs });
    const sweeper = new Sweeper({ store, log: createLog("warn"), keeping });
    const begun = usage();
    clock.release();
    lag.enable();
    sweeper.start();
    let mostBehind = 0;
    for (let second = 0; second < steadySeconds; second += 1) {
      await sleep(1_000);
      mostBehind = Math.max(mostBehind, sweeper.behindMs / 1000);
    }
    await sweeper.stop();
    lag.disable();
    const over = usage();
    return {
      engine: engine.name,
      mostPerSecond: (ended * 1000) / (after.at - before.at),
      cpuUs: (after.own - before.own) / ended,
      databaseUs: (after.database - before.database) / ended,
      mostBehind,
      lastBehind: (await engine.sizes()).recipients / rate,
      processors: (over.own - begun.own + over.database - begun.database) / 1000 / (over.at - begun.at),
      lateMs: lag.percentile(99) / 1e6 - lagResolutionMs,
    };
  } finally {
    await engine.close();
  }
}

async function sweepAll(store: Upkeep, keeping: HistoryKeeping): Promise<number> {
  for (let ended = 0; ; ) {
    const step = await store.sweep(stepRows.first, keeping);
    ended += step.ended;
    if (!step.more) return ended;
  }
}

/** Stands still until it is let go. */
class HeldClock {
  readonly #from = Date.now();
  #releasedAt: number | undefined;

  now(): number {
    const passed = this.#releasedAt === undefined ? 0 : performance.now() - this.#releasedAt;
    return this.#from + Math.floor(passed);
  }

  release(): void {
    this.#releasedAt = performance.now();
  }
}
