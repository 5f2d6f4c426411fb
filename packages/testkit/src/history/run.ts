/** One run: a rig, a load, a fault; and what the checker says of it. */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import type { Engine } from "../engines.ts";
import { checkSubject } from "./check.ts";
import { explain } from "./explain.ts";
import type { Fault } from "./faults.ts";
import { type Gateway, startGateway } from "./gateway.ts";
import { isUnanswered, type Operation } from "./history.ts";
import { Load, type LoadService } from "./load.ts";
import { Random } from "./random.ts";
import { Rig } from "./rig.ts";

export interface RunOptions {
  readonly engine: Engine;
  readonly fault: Fault;
  readonly seconds: number;
  readonly seed: number;
  /** Recipients at one time. */
  readonly actors?: number;
  /** The command of other sources. */
  readonly command?: string;
  /** Of PostgreSQL, beside the fault's. */
  readonly settings?: readonly string[];
}

export interface RunReport {
  readonly engine: Engine;
  readonly fault: string;
  readonly seconds: number;
  readonly recipients: number;
  readonly operations: number;
  readonly messages: number;
  readonly injected: number;
  /** No reply at all, or 503. */
  readonly unanswered: number;
  readonly unavailable: number;
  /** How often each outcome was seen, such as `verify 200 valid`. */
  readonly seen: Readonly<Record<string, number>>;
  /** Each as its smallest history, for people. */
  readonly violations: readonly string[];
  readonly violated: number;
  /** Recipients with too many possible orders to try. */
  readonly undecided: number;
  readonly checkMs: number;
}

/** With codes that can be sent again, if a run is long enough for the cooldown. */
const longRunSeconds = 45;
/** Shorter runs do not wait for what takes seconds. */
const shortRunSeconds = 15;
const answersBetween = 20;
const explainedAtMost = 3;
/** A backend goes on without its client, at most as long as its statement's time limit. */
const lateMs = { sqlite: 100, postgres: 8_000 } as const;
/**
 * Client and gateway are this process: a message that left before its server was killed may be read after its client
 * has found the connection broken, by the turns of the event loop that accept it and read its head and body.
 */
const turnsToRead = 4;

export async function runOnce(options: RunOptions): Promise<RunReport> {
  const { engine, fault, seconds, seed, actors = 40 } = options;
  const random = new Random(seed);
  const settings = options.settings ?? fault.rig?.settings;
  await using rig = await Rig.start({
    engine,
    command: options.command,
    ...fault.rig,
    ...(settings ? { settings } : {}),
  });
  let load: Load | undefined;
  await using gateway = await startGateway(random.fork(), rig.moments, seconds >= shortRunSeconds, (name, message) =>
    load?.deliver(name, message),
  );
  const { credentials, services } = await prepareServices(rig, gateway, seconds >= longRunSeconds);
  fault.prepare?.(rig);
  for (let n = 0; n < rig.targets.length; n += 1) {
    await rig.startServer(n);
    // The fault is one process's: the others start as usual.
    for (const name of ["NODE_OPTIONS", "LD_PRELOAD"]) delete rig.installation.env[name];
  }
  load = new Load({
    credentials,
    services,
    targets: rig.targets,
    actors,
    moments: rig.moments,
    random: random.fork(),
    lateMs: lateMs[engine],
    lifeMs: seconds < shortRunSeconds ? [1_000, 3_000] : [1_500, 14_000],
  });
  const end = await fault.begin?.(rig);
  const turns = monitorEventLoopDelay({ resolution: 10 });
  turns.enable();
  let injected = 0;
  let over = false;
  const inject = async () => {
    const chance = random.fork();
    const times = fault.times ?? Number.POSITIVE_INFINITY;
    while (!over && injected < times) {
      await sleep(Math.min(fault.everyMs * chance.between(0.6, 1.4), (seconds * 1000) / 2));
      // On a slow machine too something is done in between.
      const enough = (load?.answered ?? 0) + answersBetween;
      for (let n = 0; !over && n < 500 && (load?.answered ?? 0) < enough; n += 1) await sleep(10);
      if (over) return;
      await fault.inject(rig, chance);
      injected += 1;
    }
  };
  const injecting = inject();
  await Promise.all([load.run(seconds * 1000).finally(() => (over = true)), injecting]);
  const struck = (await end?.()) ?? injected;
  await load.close();
  turns.disable();
  return report(options, load, struck, (turnsToRead * turns.max) / 1e6 + rig.moments.longestSkip);
}

async function prepareServices(rig: Rig, gateway: Gateway, long: boolean) {
  const common = ["--provider", "http", "--http-url", gateway.url, "--code-length", "10", "--recipient-limit", "off"];
  const caller = await rig.installation.caller(...common, "--ttl", "10", "--max-attempts", "3");
  const services: LoadService[] = [{ serviceId: caller.serviceId, ttlMs: 10_000, maxAttempts: 3 }];
  if (long) {
    const made = [
      "--account",
      caller.accountId,
      "--name",
      "Slow",
      "--countries",
      "all",
      "--new-prefix-limit",
      "off",
      ...common,
      "--ttl",
      "60",
      "--max-attempts",
      "5",
    ];
    const { serviceId = "" } = await rig.installation.json("service", "create", ...made);
    services.push({ serviceId, ttlMs: 60_000, maxAttempts: 5 });
  }
  return { credentials: caller, services };
}

function report({ engine, fault, seconds }: RunOptions, load: Load, injected: number, readMs: number): RunReport {
  const before = performance.now();
  const subjects = [...load.subjects.values()].map((subject) => {
    const { rules } = subject;
    return { ...subject, rules: { ...rules, lateMs: rules.lateMs + readMs } };
  });
  const violations: string[] = [];
  let violated = 0;
  let undecided = 0;
  for (const subject of subjects) {
    const { kind } = checkSubject(subject);
    if (kind === "undecided") undecided += 1;
    if (kind !== "violation") continue;
    violated += 1;
    if (violations.length < explainedAtMost) violations.push(explain(subject));
  }
  const operations = subjects.flatMap((subject) => subject.operations);
  const seen: Record<string, number> = {};
  for (const operation of operations) {
    const name = label(operation);
    seen[name] = (seen[name] ?? 0) + 1;
  }
  return {
    engine,
    fault: fault.name,
    seconds,
    recipients: subjects.length,
    operations: operations.length,
    messages: subjects.reduce((sum, { messages }) => sum + messages.length, 0),
    injected,
    unanswered: operations.filter(({ reply }) => !reply).length,
    unavailable: operations.filter((each) => each.reply && isUnanswered(each)).length,
    seen,
    violations,
    violated,
    undecided,
    checkMs: performance.now() - before,
  };
}

function label({ verb, reply }: Operation): string {
  if (!reply) return `${verb} unanswered`;
  const { status, type, valid, limit, retry, replayed } = reply;
  const what = status === 200 ? (verb === "verify" ? (valid ? "valid" : "wrong") : "") : `${limit ?? type}`;
  const kind = type === "provider_unavailable" ? (retry ? " refused" : " unknown") : "";
  return `${verb} ${status} ${what}${kind}${replayed ? " replayed" : ""}`.trim();
}
