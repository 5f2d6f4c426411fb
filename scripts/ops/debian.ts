/** Debian's own programs, installed by apt if they are missing, and one server of its PostgreSQL. */
import {
  type ChildProcess,
  execFileSync,
  type SpawnSyncOptionsWithStringEncoding,
  spawnSync,
} from "node:child_process";
import { chownSync, globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { guard } from "@antryk/testkit/guardian";
import type { Binaries } from "@antryk/testkit/postgres";

export interface DebianServer extends Disposable {
  readonly port: number;
  /** Empty but for the server's data; for files of the test. */
  readonly folder: string;
  /** The user that the server runs as, since PostgreSQL refuses root; empty if this program is not root. */
  readonly owner: { readonly uid?: number; readonly gid?: number };
  urlOf(database: string): string;
  /** Runs one of PostgreSQL's tools to its end; throws if it fails. */
  tool(name: string, ...args: string[]): string;
  /** The flags that lead a tool to the server. */
  readonly at: readonly string[];
}

/** Finds a program; installs its package if it can't be found. */
export function needed(find: () => string | undefined, name: string): string {
  const there = find();
  if (there) return there;
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  for (const args of [["update"], ["install", "-y", "--no-install-recommends", name]])
    execFileSync("apt-get", ["-q", ...args], { env, stdio: ["ignore", "ignore", "inherit"] });
  const installed = find();
  if (!installed) throw new Error(`Debian's ${name} can't be had: install the package ${name}`);
  return installed;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** Whether something listens on the port. */
export function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => resolve(true)).on("error", () => resolve(false));
    socket.on("connect", () => socket.destroy());
  });
}

/** Resolves once the process has ended. */
export async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await new Promise((resolve) => child.once("exit", resolve));
}

function postgresTools(): string {
  return needed(() => globSync("/usr/lib/postgresql/*/bin/initdb").map(dirname).sort().at(-1), "postgresql");
}

export function debianBinaries(): Binaries {
  const tools = postgresTools();
  return { initdb: join(tools, "initdb"), postgres: join(tools, "postgres"), pg_ctl: join(tools, "pg_ctl") };
}

export async function startDebianServer(): Promise<DebianServer> {
  const tools = postgresTools();
  const id = (flag: string) => Number(execFileSync("id", [flag, "postgres"]));
  const owner = process.getuid?.() === 0 ? { uid: id("-u"), gid: id("-g") } : {};
  const folder = mkdtempSync(join(tmpdir(), "antryk-ops-"));
  if (owner.uid !== undefined && owner.gid !== undefined) chownSync(folder, owner.uid, owner.gid);
  const guardian = guard(folder);
  const port = await freePort();
  const data = join(folder, "data");
  const tool = (name: string, ...args: string[]) => {
    const options: SpawnSyncOptionsWithStringEncoding = {
      ...owner,
      cwd: folder,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    };
    const { status, stdout, stderr, error } = spawnSync(join(tools, name), args, options);
    if (status !== 0) throw new Error(`${name} ${args.join(" ")}: ${error?.message ?? stderr}`);
    return stdout;
  };
  tool("initdb", "-D", data, "-U", "antryk", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync");
  const settings = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=${folder}`;
  // With its output to a file: a server that inherits a pipe holds it open.
  tool("pg_ctl", "-D", data, "-w", "-l", join(folder, "log"), "-o", settings, "start");
  guardian.watch(Number(readFileSync(join(data, "postmaster.pid"), "utf8").split("\n")[0]));
  return {
    port,
    folder,
    owner,
    urlOf: (database) => `postgres://antryk@127.0.0.1:${port}/${database}`,
    tool,
    at: ["-h", "127.0.0.1", "-p", String(port), "-U", "antryk"],
    [Symbol.dispose]() {
      spawnSync(join(tools, "pg_ctl"), ["-D", data, "-m", "immediate", "stop"], {
        ...owner,
        cwd: folder,
        stdio: "ignore",
      });
      rmSync(folder, { recursive: true, force: true });
      guardian.end();
    },
  };
}
