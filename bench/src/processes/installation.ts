/** An installation as an operator makes it: by the command line, with a store in a file. */
import { execFile } from "node:child_process";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { Child, type Usage } from "./child.ts";
import { removeFolder, temporaryFolder } from "./cleanup.ts";
import { treeCpuUs, treeRss } from "./processes.ts";

const bin = new URL("../../../packages/server/bin/antryk.js", import.meta.url);
const startMs = 180_000;

/** Services with the defaults of the product; `verify` has its own, so that its open codes are told apart. */
export interface ServiceIds {
  readonly send: string;
  readonly verify: string;
  readonly http: string;
}

export interface Caller {
  readonly accountId: string;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly services: ServiceIds;
}

export class Installation implements Disposable {
  readonly folder: string;
  readonly caller: Caller;
  /** Where the store is not a file of the folder. */
  readonly databaseUrl: string | undefined;

  private constructor(folder: string, caller: Caller, databaseUrl?: string) {
    this.folder = folder;
    this.caller = caller;
    this.databaseUrl = databaseUrl;
  }

  /** `gatewayUrl`: where the http service posts its messages. */
  static async create(gatewayUrl: string, databaseUrl?: string): Promise<Installation> {
    const folder = temporaryFolder();
    const antryk = <T>(...args: string[]) => command<T>(folder, databaseUrl, ...args);
    const { accountId } = await antryk<{ accountId: string }>("account", "create", "bench");
    const key = await antryk<{ accessKey: string; secretKey: string }>("key", "create", "--account", accountId);
    const service = async (name: string, ...settings: string[]) =>
      (await antryk<{ serviceId: string }>("service", "create", "--account", accountId, "--name", name, ...settings))
        .serviceId;
    const services: ServiceIds = {
      send: await service("Send"),
      verify: await service("Verify"),
      http: await service("Http", "--provider", "http", "--http-url", gatewayUrl),
    };
    return new Installation(folder, { accountId, ...key, services }, databaseUrl);
  }

  /** The same installation in a folder of its own, for a server that must find it as it was made. */
  copy(): Installation {
    const folder = temporaryFolder();
    cpSync(this.folder, folder, { recursive: true });
    return new Installation(folder, this.caller, this.databaseUrl);
  }

  get databasePath(): string {
    return databasePath(this.folder);
  }

  get keyringPath(): string {
    return keyringPath(this.folder);
  }

  [Symbol.dispose](): void {
    removeFolder(this.folder);
  }
}

export interface ServerOptions {
  readonly workers?: number;
  /** The database server's first process, where it is one of its own. */
  readonly databasePid?: number;
}

/** `antryk serve` on a free port of the loopback address, log level info. */
export class Server implements AsyncDisposable {
  readonly child: Child;
  readonly origin: string;
  readonly installation: Installation;
  readonly #databasePid: number | undefined;

  private constructor(child: Child, origin: string, installation: Installation, databasePid: number | undefined) {
    this.#databasePid = databasePid;
    this.child = child;
    this.origin = origin;
    this.installation = installation;
  }

  static async start(installation: Installation, { workers = 1, databasePid }: ServerOptions = {}): Promise<Server> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const late = setTimeout(() => reject(new Error(`the server did not listen within ${startMs} ms`)), startMs);
    const env = {
      ...environment(installation.folder, installation.databaseUrl),
      ANTRYK_LOG_LEVEL: "info",
      ANTRYK_WORKERS: String(workers),
    };
    const onLine = (line: string) => {
      const url = /"event":"listening".*?"url":"([^"]+)"/.exec(line)?.[1];
      if (url) resolve(url);
    };
    const child = new Child({ module: bin, args: ["serve"], env, onLine });
    try {
      await child.usage();
      return new Server(child, await promise, installation, databasePid);
    } catch (fault) {
      await child[Symbol.asyncDispose]();
      throw fault;
    } finally {
      clearTimeout(late);
    }
  }

  /** With a database of its own: of all processes of both. */
  async usage(): Promise<Usage> {
    if (this.#databasePid === undefined) return this.child.usage();
    return { cpu: treeCpuUs([this.child.pid, this.#databasePid]), rss: treeRss([this.child.pid]) };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.child[Symbol.asyncDispose]();
  }
}

async function command<T>(folder: string, databaseUrl: string | undefined, ...args: string[]): Promise<T> {
  const { stdout } = await promisify(execFile)(process.execPath, [bin.pathname, ...args, "--json"], {
    env: environment(folder, databaseUrl),
  });
  return JSON.parse(stdout) as T;
}

/** This process's environment without its own settings for antryk. */
function environment(folder: string, databaseUrl = `sqlite:${databasePath(folder)}`): NodeJS.ProcessEnv {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("ANTRYK_")));
  return {
    ...env,
    ANTRYK_HOST: "127.0.0.1",
    ANTRYK_PORT: "0",
    ANTRYK_DATABASE_URL: databaseUrl,
    ANTRYK_KEYRING: keyringPath(folder),
  };
}

function databasePath(folder: string): string {
  return join(folder, "antryk.db");
}

function keyringPath(folder: string): string {
  return join(folder, "keyring.json");
}
