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
import { storeOver } from "../../../packages/server/src/store/store.ts";
import { Sweeper, stepRows } from "../../../packages/server/src/store/sweeper.ts";
import { upkeepOver } from "../../../packages/server/src/store/upkeep.ts";
import { removeFolder, temporaryFolder } from "../processes/cleanup.ts";
import { treeCpuUs } from "../processes/processes.ts";
import { fixed, table } from "../report/table.ts";
import { HeldClock } from "./held-clock.ts";
import { type SendFigures, sendSteadily } from "./steady-sends.ts";
import { fillDue } from "./sweep-rows.ts";

/** Verifications that become due each second. */
const rate = 5_000;
const steadySeconds = 40;
/** Beside it, and alone for so long before, s. */
const sendsPerSecond = 2_000;
const sendSeconds = 15;
/** How far it is behind when that begins: what it would settle at takes too long to get to, s. */
const behindSeconds = 20;
/** For how many the sweep is measured without its rests. */
const backlog = 50_000;
/** What is in history for longer than this behind the sweep is reduced, and as long again later removed, ms. */
const keptMs = 5_000;
const lagResolutionMs = 10;
const settings = ["shared_buffers=256MB", "max_wal_size=4GB"];

/** At the steady rate: how far it was behind at most, in the ten seconds before the last ten, and in those, s. */
interface Behind {
  readonly most: number;
  readonly before: number;
  readonly end: number;
}

interface SweepFigures {
  readonly engine: string;
  /** All were due, and it did not rest: verifications a second, and processor time for each, µs. */
  readonly mostPerSecond: number;
  readonly cpuUs: number;
  readonly databaseUs: number;
  /** The sweep alone. */
  readonly behind: Behind;
  /** Processors that it kept busy, the database's included. */
  readonly processors: number;
  /** How late this process's timers were at the steady rate, 99th percentile, ms. */
  readonly lateMs: number;
  /** Sends at a steady rate: without the sweep, and beside it. */
  readonly sends: { readonly alone: SendFigures & Busy; readonly beside: SendFigures & Busy; readonly behind: Behind };
}

interface Busy {
  readonly processors: number;
}

export async function runSweep(progress: (text: string) => void): Promise<{ data: object; text: string }> {
  const figures = [await overSqlite(progress), await overPostgres(progress)];
  const head = `node ${process.version}; ${rate} verifications become due each second for ${steadySeconds} s, ${behindSeconds} s behind at first`;
  const alone = table(
    [
      "the sweep alone",
      "most a second",
      "process µs",
      "database µs",
      ...behindColumns,
      "processors",
      "timers late p99 ms",
    ],
    figures.map((each) => [
      each.engine,
      fixed(each.mostPerSecond),
      fixed(each.cpuUs, 1),
      each.engine === "sqlite" ? "" : fixed(each.databaseUs, 1),
      ...behindCells(each.behind),
      fixed(each.processors, 2),
      fixed(each.lateMs),
    ]),
  );
  const beside = table(
    ["with sends", "sends a second", "p50 ms", "p99 ms", "processors", ...behindColumns],
    figures.flatMap(({ engine, sends }) => [
      [`${engine}: sends alone`, ...sendCells(sends.alone), "", "", ""],
      [`${engine}: and the sweep`, ...sendCells(sends.beside), ...behindCells(sends.behind)],
      [`${engine}: ratio`, ...sendRatios(sends.beside, sends.alone), "", "", ""],
    ]),
  );
  return { data: { node: process.version, rate, figures }, text: `${head}\n\n${alone}\n\n${beside}` };
}

const behindColumns = ["behind at most, s", "10 s before the end", "at the end"];

function behindCells({ most, before, end }: Behind): string[] {
  return [most, before, end].map((each) => fixed(each, 1));
}

function sendCells({ perSecond, p50Ms, p99Ms, processors }: SendFigures & Busy): string[] {
  return [fixed(perSecond), fixed(p50Ms, 1), fixed(p99Ms, 1), fixed(processors, 2)];
}

function sendRatios(one: SendFigures & Busy, other: SendFigures & Busy): string[] {
  const of = (name: keyof (SendFigures & Busy)) => fixed(one[name] / other[name], 2);
  return [of("perSecond"), of("p50Ms"), of("p99Ms"), of("processors")];
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
  const store = storeOver(engine);
  const upkeep = { ...upkeepOver(engine), now: () => engine.now() };
  const keeping = {
    identifiedMs: sweptAfterMs + keptMs,
    reducedMs: keptMs,
    reduce: () => ({ hash: randomBytes(16), masked: "+919…10" }),
  };
  const usage = () => {
    const { user, system } = process.cpuUsage();
    return { own: user + system, database: databasePid ? treeCpuUs([databasePid]) : 0, at: performance.now() };
  };
  const busyBetween = (from: ReturnType<typeof usage>, to: ReturnType<typeof usage>) =>
    (to.own - from.own + to.database - from.database) / 1000 / (to.at - from.at);
  const fillSteady = async () => {
    clock.hold();
    await sweepAll(upkeep, keeping);
    progress(`${engine.name}: ${rate * (behindSeconds + steadySeconds)} that become due`);
    await fillDue(engine, rate * (behindSeconds + steadySeconds), clock.now() - behindSeconds * 1000, rate);
    clock.release();
  };
  try {
    progress(`${engine.name}: ${backlog} that are due`);
    await fillDue(engine, backlog, clock.now() - 3_600_000, rate);
    const [before, ended] = [usage(), await sweepAll(upkeep, keeping)];
    const after = usage();
    await fillSteady();
    progress(`${engine.name}: ${rate} a second for ${steadySeconds} s`);
    const lag = monitorEventLoopDelay({ resolution: lagResolutionMs });
    const [begun] = [usage(), lag.enable()];
    const behind = await sweepSteadily(upkeep, keeping);
    lag.disable();
    const over = usage();
    progress(`${engine.name}: ${sendsPerSecond} sends a second`);
    const alone = await busyWith(() => sendSteadily(store, sendsPerSecond, sendSeconds));
    await fillSteady();
    progress(`${engine.name}: ${rate} a second, and ${sendsPerSecond} sends`);
    const [beside, behindBeside] = await Promise.all([
      busyWith(() => sendSteadily(store, sendsPerSecond, steadySeconds)),
      sweepSteadily(upkeep, keeping),
    ]);
    return {
      engine: engine.name,
      mostPerSecond: (ended * 1000) / (after.at - before.at),
      cpuUs: (after.own - before.own) / ended,
      databaseUs: (after.database - before.database) / ended,
      behind,
      processors: busyBetween(begun, over),
      lateMs: lag.percentile(99) / 1e6 - lagResolutionMs,
      sends: { alone, beside, behind: behindBeside },
    };
  } finally {
    await engine.close();
  }

  async function busyWith(work: () => Promise<SendFigures>): Promise<SendFigures & Busy> {
    const from = usage();
    const figures = await work();
    return { ...figures, processors: busyBetween(from, usage()) };
  }
}

/** Runs the sweep as a server does. */
async function sweepSteadily(store: Upkeep & { now(): number }, keeping: HistoryKeeping): Promise<Behind> {
  const sweeper = new Sweeper({ store, log: createLog("warn"), keeping });
  sweeper.start();
  const behind: number[] = [];
  for (let second = 0; second < steadySeconds; second += 1) {
    await sleep(1_000);
    behind.push(sweeper.behindMs / 1000);
  }
  await sweeper.stop();
  return {
    most: Math.max(...behind),
    before: Math.max(...behind.slice(-20, -10)),
    end: Math.max(...behind.slice(-10)),
  };
}

async function sweepAll(store: Upkeep, keeping: HistoryKeeping): Promise<number> {
  for (let ended = 0; ; ) {
    const step = await store.sweep(stepRows.first, keeping);
    ended += step.ended;
    if (!step.more) return ended;
  }
}
