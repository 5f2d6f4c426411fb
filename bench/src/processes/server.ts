/** `antryk serve` of an installation, on a free port of the loopback address, log level info. */
import { pathToFileURL } from "node:url";
import { Child, type Usage } from "./child.ts";
import type { Installation } from "./installation.ts";
import { treeCpuUs, treeRss } from "./processes.ts";

const startMs = 60_000;

export interface ServerOptions {
  readonly workers?: number;
  /** The database server's first process, if there is one. */
  readonly databasePid?: number | undefined;
}

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
    const env = { ...installation.environment, ANTRYK_LOG_LEVEL: "info", ANTRYK_WORKERS: String(workers) };
    const onLine = (line: string) => {
      const url = /"event":"listening".*?"url":"([^"]+)"/.exec(line)?.[1];
      if (url) resolve(url);
    };
    const child = new Child({ module: pathToFileURL(installation.checkout.program), args: ["serve"], env, onLine });
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

  /** With a database server: of all processes of both. */
  async usage(): Promise<Usage> {
    if (this.#databasePid === undefined) return this.child.usage();
    const databaseCpu = treeCpuUs([this.#databasePid]);
    return { cpu: treeCpuUs([this.child.pid]) + databaseCpu, databaseCpu, rss: treeRss([this.child.pid]) };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.child[Symbol.asyncDispose]();
  }
}
