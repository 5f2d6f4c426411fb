/** `antryk serve`: the service, until SIGTERM or SIGINT; in one process, or in several behind one port. */
import cluster from "node:cluster";
import { Command } from "commander";
import { createFirst } from "../administration/first.ts";
import { type App, buildApp, type ListenOptions } from "../app.ts";
import { type Config, readConfig, workerBounds } from "../config.ts";
import { isLoopbackHost } from "../http/local.ts";
import { createLog, type Log } from "../observe/log.ts";
import { Metrics } from "../observe/metrics.ts";
import type { Store } from "../store/port.ts";
import { firstRunText, showFirstRun } from "./first-run.ts";
import { CommandError, openInstallation, withInstallation } from "./installation.ts";
import { wholeNumber } from "./options.ts";
import { terminal } from "./terminal.ts";
import { freePort, portSharing } from "./workers/port.ts";
import { Supervisor } from "./workers/supervisor.ts";
import { lineToSupervisor } from "./workers/worker.ts";

export function serveCommand(exit: (code: number) => void): Command {
  return new Command("serve")
    .description("run the service")
    .option(
      "--workers <n>",
      "PostgreSQL: processes that share the port (default ANTRYK_WORKERS)",
      wholeNumber(workerBounds),
    )
    .action(async ({ workers }: { workers?: number }) => {
      const { env } = terminal();
      exit(await serve(readConfig(workers === undefined ? env : { ...env, ANTRYK_WORKERS: String(workers) })));
    });
}

/** Runs until a signal ends it; resolves with the exit code. */
async function serve(config: Config): Promise<number> {
  const log = createLog(config.logLevel);
  if (cluster.isWorker) return work(config, log);
  for (const name of config.unknownVariables)
    log.warn({ event: "unknown_variable", variable: name }, `${name} is not a variable of antryk`);
  if (config.workers > 1) return supervise(config, log);

  const firstSignal = nextSignal();
  const { store, keyring } = await openInstallation({ create: true }, config);
  const app = await buildApp({ store, keyring, log, ...settingsOf(config) });
  const baseUrl = await listen(app, config);
  log.info({ event: "listening", url: baseUrl, store: store.engine, pid: process.pid }, `antryk listens on ${baseUrl}`);

  // A database server is shared: what looks empty may be another's.
  if (isLoopbackHost(config.host) && config.database.engine === "sqlite") {
    const first = await createFirst(store, keyring);
    if (first) showFirstRun(firstRunText(baseUrl, first), config.database.path);
  } else await warnWithoutAccount(store, log);

  return stopAfter(await firstSignal, log, () => app.close());
}

async function supervise(config: Config, log: Log): Promise<number> {
  if (config.database.engine === "sqlite")
    throw new CommandError(
      `${config.workers} workers can't share SQLite: it has one writer, and a second one makes the slowest requests ` +
        "50 times slower; run one worker, or set ANTRYK_DATABASE_URL to a PostgreSQL",
    );
  const firstSignal = nextSignal();
  // What is wrong with the configuration, store or keyring is found, and said, once.
  await withInstallation({ create: true }, ({ store }) => warnWithoutAccount(store, log), config);

  // Workers share the port among themselves, but with no other program.
  const port = await freePort(config.host, config.port).catch((fault: NodeJS.ErrnoException) => {
    throw cannotListen(config, fault);
  });
  const supervisor = new Supervisor(config.workers, log, { ANTRYK_PORT: String(port) });
  const started = await Promise.race([supervisor.start(), firstSignal]);
  if (typeof started === "object") {
    if ("exitCode" in started) return started.exitCode;
    const { url } = started;
    const { workers } = config;
    log.info(
      { event: "listening", url, store: "postgres", pid: process.pid, workers },
      `antryk listens on ${url} with ${workers} workers`,
    );
  }
  const code = await stopAfter(await firstSignal, log, () => supervisor.stop());
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
  await line.tellListening(await listen(app, config, portSharing));
  const asked = await line.stop;
  // It gets no new connections while it drains by itself.
  if (asked !== "supervisor") app.server.close();
  const finished = await app.close();
  log.info({ event: "worker_stopped", worker: process.pid, finished }, "a worker stopped");
  // The channel to the supervisor would keep it alive.
  process.exit(finished ? 0 : 1);
}

function settingsOf({ bodyCredentials, metrics, publicUrl, history }: Config) {
  return { bodyCredentials, metricsExposure: metrics, publicUrl, history };
}

async function listen(app: App, config: Config, socket: ListenOptions = {}): Promise<string> {
  return app.listen(config.host, config.port, socket).catch(async (fault: NodeJS.ErrnoException) => {
    await app.close(0);
    throw cannotListen(config, fault);
  });
}

function cannotListen({ host, port }: Config, { code }: NodeJS.ErrnoException): CommandError {
  return new CommandError(
    `can't listen on ${host} port ${port} (${code}): stop what uses it, or set ANTRYK_HOST and ANTRYK_PORT`,
  );
}

async function warnWithoutAccount(store: Store, log: Log): Promise<void> {
  if ((await store.listAccounts()).length === 0)
    log.warn({ event: "no_account" }, 'the store has no account: make one with "antryk init"');
}

async function stopAfter(signal: string, log: Log, stop: () => Promise<boolean>): Promise<number> {
  log.info({ event: "stopping", signal }, "stopping: requests in flight are finished, new ones are refused");
  const impatient = nextSignal().then(() => false);
  const finished = await Promise.race([stop(), impatient]);
  log.info({ event: "stopped", finished }, finished ? "stopped" : "stopped before all requests were answered");
  return finished ? 0 : 1;
}

function nextSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve(signal));
  });
}
