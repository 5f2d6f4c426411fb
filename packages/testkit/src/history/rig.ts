/** What a run stands on: server processes over a store, a gateway, and for PostgreSQL a cluster behind a proxy. */
import type { Engine } from "../engines.ts";
import { type Cluster, run as query, startCluster } from "../postgres.ts";
import { Installation, type RunningServer } from "../process.ts";
import { until } from "../until.ts";
import type { Target } from "./client.ts";
import { Moments } from "./moments.ts";
import { type DatabaseProxy, startProxy } from "./proxy.ts";

export interface RigOptions {
  readonly engine: Engine;
  /** The command of other sources; the default is this repository's. */
  readonly command: string | undefined;
  /** Of PostgreSQL: `name=value`; the default does not wait for the disk. */
  readonly settings?: readonly string[];
  /** A second cluster that has everything that was answered. */
  readonly standby?: boolean;
  /** One server with so many workers, instead of servers apart. */
  readonly workers?: number;
}

const serversOf = { sqlite: 1, postgres: 2 } as const;
/** Real time limits, a small cache, and statements that can't outlive `lateMs`. */
const clusterSettings = ["fsync=off", "full_page_writes=off", "max_connections=60", "shared_buffers=64MB"];

export class Rig implements AsyncDisposable {
  readonly engine: Engine;
  readonly installation: Installation;
  readonly targets: readonly Target[];
  readonly moments = new Moments();
  /** PostgreSQL's, the primary first. */
  readonly clusters: Cluster[];
  readonly proxy: DatabaseProxy | undefined;
  readonly #workers: number | undefined;
  readonly #servers: (RunningServer | undefined)[];

  private constructor(
    { engine, command, workers }: RigOptions,
    env: Record<string, string>,
    clusters: Cluster[],
    proxy?: DatabaseProxy,
  ) {
    this.engine = engine;
    this.installation = new Installation(env, command);
    this.clusters = clusters;
    this.proxy = proxy;
    this.#workers = workers;
    this.targets = Array.from({ length: workers === undefined ? serversOf[engine] : 1 }, (_, n) => ({
      name: n + 1,
      baseUrl: undefined,
    }));
    this.#servers = this.targets.map(() => undefined);
  }

  static async start(given: RigOptions): Promise<Rig> {
    const { engine, settings, standby } = given;
    if (engine === "sqlite") return new Rig(given, {}, []);
    const options = { settings: settings ?? clusterSettings };
    const primary = await startCluster(options);
    const clusters = [primary];
    if (standby) {
      clusters.push(await startCluster({ ...options, standbyOf: primary }));
      await inStep(primary);
    }
    const proxy = await startProxy(primary.port);
    const url = `postgres://antryk@127.0.0.1:${proxy.port}/postgres?sslmode=disable`;
    return new Rig(given, { ANTRYK_DATABASE_URL: url }, clusters, proxy);
  }

  async startServer(n: number): Promise<void> {
    const target = this.targets[n];
    if (!target) throw new Error(`there is no server ${n}`);
    const server = await this.installation.serve(
      ...(this.#workers === undefined ? [] : ["--workers", String(this.#workers)]),
    );
    this.#servers[n] = server;
    target.baseUrl = server.baseUrl;
  }

  async endServer(n: number, signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    const target = this.targets[n];
    const server = this.#servers[n];
    if (target) target.baseUrl = undefined;
    await server?.kill(signal);
  }

  pid(n: number): number {
    return this.#servers[n]?.pid ?? 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.installation[Symbol.asyncDispose]();
    await this.proxy?.[Symbol.asyncDispose]();
    for (const cluster of this.clusters.reverse()) {
      await cluster.stop("SIGQUIT");
      await cluster[Symbol.asyncDispose]();
    }
  }
}

/** From now on a commit is answered when the standby has it. */
async function inStep(primary: Cluster): Promise<void> {
  const url = primary.url("postgres");
  await query(url, "ALTER SYSTEM SET synchronous_standby_names = 'standby'");
  await query(url, "SELECT pg_reload_conf()");
  const follows = async () =>
    (await query(url, "SELECT sync_state FROM pg_stat_replication"))[0]?.sync_state === "sync";
  await until(follows, { what: "the standby follows", everyMs: 50 });
}
