/** `antryk serve`: the service, until SIGTERM or SIGINT; in one process, or in several behind one port. */
import cluster from "node:cluster";
import { setTimeout } from "node:timers/promises";
import { Command } from "commander";
import { createFirst } from "../administration/first.ts";
import { type App, buildApp, CannotListen, type Listening } from "../app.ts";
import { type Config, readConfig, workerBounds } from "../config.ts";
import { isLoopbackHost } from "../http/operations/gate.ts";
import { createLog, type Log } from "../observe/log.ts";
import { Metrics } from "../observe/metrics.ts";
import type { Store } from "../store/port.ts";
import { firstRunText, showFirstRun } from "./first-run.ts";
import { CommandError, type OpenOptions, openInstallation, withInstallation } from "./installation.ts";
import { serverToken } from "./operations-token.ts";
import { wholeNumber } from "./options.ts";
import { terminal } from "./terminal.ts";
import { freePort, portSharing } from "./workers/port.ts";
import { Supervisor } from "./workers/supervisor.ts";
import { lineToSupervisor } from "./workers/worker.ts";

/** How long a server goes on serving after it was asked to stop, if no person waits at a terminal. */
const defaultDrainDelayMs = 5_000;

export function serveCommand(exit: (code: number) => void): Command {
  return new Command("serve")
    .description("run the service")
    .option(
      "--workers <n>",
      "PostgreSQL: processes that share the port (default ANTRYK_WORKERS)",
      wholeNumber(workerBounds),
    )
    .option("--upgrade-schema", "PostgreSQL: bring an older schema up to date first")
    .action(async ({ workers, upgradeSchema = false }: { workers?: number; upgradeSchema?: boolean }) => {
      const { env } = terminal();
      const config = readConfig(workers === undefined ? env : { ...env, ANTRYK_WORKERS: String(workers) });
      exit(await serve(config, { create: true, upgrade: upgradeSchema, isServer: true }));
    });
}

/** Runs until a signal ends it; resolves with the exit code. */
async function serve(config: Config, opening: OpenOptions): Promise<number> {
  const log = createLog(config.logLevel);
  if (cluster.isWorker) return work(config, log);
  for (const name of config.unknownVariables)
    log.warn({ event: "unknown_variable", variable: name }, `${name} is not a variable of antryk`);
  for (const name of config.serviceLinks)
    log.info({ event: "service_link", variable: name }, `${name} is a service link of Kubernetes, and is ignored`);
  if (config.workers > 1) return supervise(config, opening, log);

  const signals = new Signals();
  const { store, keyring } = await openInstallation(opening, config);
  const app = await buildApp({ store, keyring, log, ...settingsOf(config) });
  const listening = await listen(app, config);
  const { baseUrl, operationsUrl } = listening;
  log.info({ event: "listening", url: baseUrl, operationsUrl, store: store.engine, pid: process.pid }, told(listening));

  // A database server is shared: what looks empty may be another's.
  if (isLoopbackHost(config.host) && config.database.engine === "sqlite") {
    const first = await createFirst(store, keyring);
    if (first && !("kind" in first)) showFirstRun(firstRunText(baseUrl, operationsUrl, first), config.database.path);
  } else await warnWithoutAccount(store, log);
  await warnOfStore(store, log);

  process.on("SIGHUP", () => app.reloadKeyring());
  return stopAfter(signals, config, log, {
    leave: () => app.leave(),
    stop: () => app.close(),
    beyond: app.beyond,
  });
}

async function supervise(config: Config, opening: OpenOptions, log: Log): Promise<number> {
  if (config.database.engine === "sqlite")
    throw new CommandError(
      `${config.workers} workers can't share SQLite: it has one writer, and a second one makes the slowest requests ` +
        "50 times slower; run one worker, or set ANTRYK_DATABASE_URL to a PostgreSQL",
    );
  const signals = new Signals();
  process.on("SIGHUP", () => supervisor.reloadKeyring());
  // What is wrong with the configuration, store or keyring is found, and said, once.
  await withInstallation(
    opening,
    async ({ store }) => {
      await warnWithoutAccount(store, log);
      await warnOfStore(store, log);
    },
    config,
  );
  serverToken(config);

  // Workers share the ports among themselves, but with no other program.
  const free = (listener: CannotListen["listener"], { host, port }: { host: string; port: number }) =>
    freePort(host, port).catch((fault: unknown) => {
      throw cannotListen(config, new CannotListen(listener, fault));
    });
  const supervisor = new Supervisor(config.workers, log, {
    ANTRYK_PORT: String(await free("public", config)),
    ANTRYK_OPERATIONS_PORT: String(await free("operations", config.operations)),
  });
  const started = await Promise.race([supervisor.start(), signals.next()]);
  if (typeof started === "object") {
    if ("exitCode" in started) return started.exitCode;
    const { baseUrl, operationsUrl } = started;
    const { workers } = config;
    log.info(
      { event: "listening", url: baseUrl, operationsUrl, store: "postgres", pid: process.pid, workers },
      `${told(started)} with ${workers} workers`,
    );
  }
  const code = await stopAfter(signals, config, log, {
    leave: () => supervisor.leave(),
    stop: () => supervisor.stop(),
    beyond: supervisor.beyond,
  });
  supervisor.kill();
  return code;
}

async function work(config: Config, log: Log): Promise<number> {
  const metrics = new Metrics();
  const line = lineToSupervisor(() => metrics.snapshot());
  const { store, keyring } = await openInstallation({ create: false }, config);
  const app = await buildApp({
    store,
    keyring,
    log,
    ...settingsOf(config),
    metrics,
    sandbox: line.inbox,
    readMetrics: () => line.metrics(),
  });
  line.onLeave(() => app.leave());
  line.onReload(() => app.reloadKeyring());
  void app.beyond.then(() => line.tellBeyond());
  await line.tellListening(await listen(app, config, true));
  const asked = await line.stop;
  // It gets no new connections while it drains by itself.
  if (asked !== "supervisor") app.stopListening();
  const finished = await app.close();
  log.info({ event: "worker_stopped", worker: process.pid, finished }, "a worker stopped");
  // The channel to the supervisor would keep it alive.
  process.exit(finished ? 0 : 1);
}

function settingsOf(config: Config) {
  const { bodyCredentials, hasMetrics, publicUrl, history, connections, keyringPath } = config;
  return {
    bodyCredentials,
    hasMetrics,
    publicUrl,
    history,
    connections,
    keyringPath,
    operationsToken: serverToken(config),
  };
}

async function listen(app: App, config: Config, isWorker = false): Promise<Listening> {
  const socket = isWorker ? portSharing : {};
  const { host, port, operations } = config;
  return app
    .listen({ host, port, ...socket }, { host: operations.host, port: operations.port, ...socket })
    .catch(async (fault: unknown) => {
      await app.close(0);
      throw cannotListen(config, fault);
    });
}

function cannotListen(config: Config, fault: unknown): unknown {
  if (!(fault instanceof CannotListen)) return fault;
  const isPublic = fault.listener === "public";
  const { host, port } = isPublic ? config : config.operations;
  const name = isPublic ? "ANTRYK" : "ANTRYK_OPERATIONS";
  const { code } = fault.cause as NodeJS.ErrnoException;
  return new CommandError(
    `can't listen on ${host} port ${port} (${code}): stop what uses it, or set ${name}_HOST and ${name}_PORT`,
  );
}

function told({ baseUrl, operationsUrl }: Listening): string {
  return `antryk listens on ${baseUrl}, for operators on ${operationsUrl}`;
}

async function warnOfStore(store: Store, log: Log): Promise<void> {
  for (const message of await store.warnings()) log.warn({ event: "store_warning", message }, "look at the store");
}

async function warnWithoutAccount(store: Store, log: Log): Promise<void> {
  if ((await store.listAccounts()).length === 0)
    log.warn({ event: "no_account" }, 'the store has no account: make one with "antryk init"');
}

interface Stopping {
  /** Resolves once the store has come further than this program. */
  readonly beyond: Promise<void>;
  leave(): void;
  /** `false`: requests were cut off. */
  stop(): Promise<boolean>;
}

/**
 * The first signal, or a store that this program must leave: balancers get time to see that this server leaves, and it serves on meanwhile. Then, or at the
 * second signal, it drains. The one after that ends it at once.
 */
async function stopAfter(
  signals: Signals,
  config: Config,
  log: Log,
  { leave, stop, beyond }: Stopping,
): Promise<number> {
  const signal = await Promise.race([signals.next(), beyond.then(() => undefined)]);
  const delayMs = config.drainDelayMs ?? (process.stdout.isTTY ? 0 : defaultDrainDelayMs);
  leave();
  if (delayMs > 0) {
    log.info({ event: "leaving", signal, delayMs }, "GET /readyz is 503 from now on; requests are still served");
    // A timer that is left behind would keep the process alive to its end.
    const ended = new AbortController();
    await Promise.race([signals.next(), setTimeout(delayMs, undefined, ended).catch(() => undefined)]);
    ended.abort();
  }
  log.info({ event: "stopping", signal }, "stopping: requests in flight are finished, new ones are refused");
  const finished = await Promise.race([stop(), signals.next().then(() => false)]);
  log.info({ event: "stopped", finished }, finished ? "stopped" : "stopped before all requests were answered");
  return finished && signal !== undefined ? 0 : 1;
}

/** The signals that ask this process to stop, one after the other; none is lost between two waits. */
class Signals {
  readonly #come: string[] = [];
  #waiting: ((signal: string) => void) | undefined;

  constructor() {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => this.#take(signal));
  }

  next(): Promise<string> {
    const [signal] = this.#come.splice(0, 1);
    if (signal !== undefined) return Promise.resolve(signal);
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  #take(signal: string): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting) waiting(signal);
    else this.#come.push(signal);
  }
}
