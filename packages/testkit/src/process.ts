/** An installation in its own folder: commands in this process, servers in theirs, for tests that kill and restart. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { buildApp } from "../../server/src/app.ts";
import { openInstallation } from "../../server/src/cli/installation.ts";
import { readConfig } from "../../server/src/config.ts";
import { createLog } from "../../server/src/observe/log.ts";
import { type RunResult, run } from "./cli.ts";
import { guard } from "./guardian.ts";
import { hangMs, until } from "./until.ts";

const bin = new URL("../../server/bin/antryk.js", import.meta.url).pathname;

export interface RunningServer {
  readonly baseUrl: string;
  /** The listener for operators. */
  readonly operationsUrl: string;
  readonly pid: number;
  /** Resolves with the exit code, or the signal's name. */
  readonly exited: Promise<number | string>;
  kill(signal: NodeJS.Signals): Promise<number | string>;
}

/** A folder with a store and a keyring, and the commands that work on it. */
export class Installation implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), "antryk-"));
  /** Everything that servers printed. */
  output = "";
  /** Of commands and servers that start from now on. */
  readonly env: Record<string, string>;
  readonly #bin: string;
  readonly #guardian = guard(this.folder);
  readonly #children = new Set<ChildProcess>();

  /** `command`: of another copy of the sources. */
  constructor(env: Record<string, string> = {}, command = bin) {
    this.env = env;
    this.#bin = command;
  }

  /**
   * Runs a command to its end in this process, whatever its exit code; paths that are given must be absolute.
   * Another copy of the sources, and `serve`, which would take this process's signals, are run as processes.
   */
  run(...args: string[]): Promise<RunResult> {
    if (this.#bin !== bin || args[0] === "serve") return this.runProcess(...args);
    return run(args, this.#environmentHere());
  }

  /** Runs a command to its end in a new process, in the folder, whatever its exit code. */
  async runProcess(...args: string[]): Promise<RunResult> {
    const options = { cwd: this.folder, env: this.#environment(), timeout: hangMs };
    return promisify(execFile)(process.execPath, [this.#bin, ...args], options).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      (fault: { code: number; stdout: string; stderr: string }) => ({
        code: fault.code,
        stdout: fault.stdout,
        stderr: fault.stderr,
      }),
    );
  }

  /** The object that a command prints with --json; throws if it fails. */
  async json(...args: string[]): Promise<Record<string, string>> {
    const { code, stdout, stderr } = await this.run(...args, "--json");
    if (code !== 0) throw new Error(`antryk ${args.join(" ")}: ${stderr}`);
    return JSON.parse(stdout) as Record<string, string>;
  }

  /** An account with a key and a service, made by the command line. */
  async caller(
    ...serviceFlags: string[]
  ): Promise<{ accountId: string; accessKey: string; secretKey: string; serviceId: string }> {
    const { accountId = "" } = await this.json("account", "create", "test", "--limit", "off");
    const { accessKey = "", secretKey = "" } = await this.json("key", "create", "--account", accountId);
    const { serviceId = "" } = await this.json(
      "service",
      "create",
      "--account",
      accountId,
      "--name",
      "Acme",
      "--countries",
      "all",
      "--new-prefix-limit",
      "off",
      ...serviceFlags,
    );
    return { accountId, accessKey, secretKey, serviceId };
  }

  /** Resolves once the server listens; rejects if it stops before. */
  async serve(...args: string[]): Promise<RunningServer> {
    const child = spawn(process.execPath, [this.#bin, "serve", ...args], {
      cwd: this.folder,
      env: this.#environment(),
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#children.add(child);
    this.#guardian.watch(child.pid);
    const exited = new Promise<number | string>((resolve) =>
      child.once("exit", (code, signal) => resolve(code ?? signal ?? "?")),
    );
    child.stdout.on("data", (chunk: Buffer) => {
      this.output += chunk.toString("latin1");
    });
    const { promise, resolve, reject } = Promise.withResolvers<{ baseUrl: string; operationsUrl: string }>();
    let errors = "";
    createInterface({ input: child.stderr }).on("line", (line) => {
      this.output += `${line}\n`;
      errors += `${line}\n`;
      const [, baseUrl, operationsUrl] =
        /"event":"listening","url":"([^"]+)","operationsUrl":"([^"]+)"/.exec(line) ?? [];
      if (baseUrl && operationsUrl) resolve({ baseUrl, operationsUrl });
    });
    void exited.then((code) => reject(new Error(`the server ended (${code}) before it listened: ${errors}`)));
    const listening = await until(promise, { what: () => `the server listens:\n${errors}` });
    return {
      ...listening,
      pid: child.pid ?? 0,
      exited,
      kill(signal) {
        child.kill(signal);
        return exited;
      },
    };
  }

  /** The service over this installation, in this process. */
  async serveHere(): Promise<{ readonly baseUrl: string; readonly operationsUrl: string } & AsyncDisposable> {
    const config = readConfig(this.#environmentHere());
    const { store, keyring } = await openInstallation({ create: false }, config);
    const { keyringPath } = config;
    const app = await buildApp({ store, keyring, keyringPath, log: createLog("silent") });
    const any = { host: config.host, port: 0 };
    const listening = await app.listen(any, any);
    return {
      ...listening,
      async [Symbol.asyncDispose]() {
        await app.close();
      },
    };
  }

  /** Nobody reads any more what servers print. */
  closeOutput(): void {
    for (const { stdout, stderr } of this.#children) for (const stream of [stdout, stderr]) stream?.destroy();
  }

  /** Resolves once servers have printed this. */
  async printed(text: string): Promise<void> {
    await until(() => this.output.includes(text), { what: () => `${text} is printed:\n${this.output}` });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill("SIGKILL");
      await new Promise((resolve) => child.once("exit", resolve));
    }
    rmSync(this.folder, { recursive: true, force: true });
    this.#guardian.end();
  }

  /** With the places that a process finds by its working directory. */
  #environmentHere(): Record<string, string | undefined> {
    const data = join(this.folder, "data");
    const places = {
      ANTRYK_DATABASE_URL: `sqlite:${join(data, "antryk.db")}`,
      ANTRYK_KEYRING: join(data, "keyring.json"),
    };
    return { ...places, ...this.#environment() };
  }

  #environment(): Record<string, string | undefined> {
    const inherited = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !name.startsWith("ANTRYK_") && name !== "NODE_TEST_CONTEXT"),
    );
    return { ...inherited, ANTRYK_PORT: "0", ANTRYK_OPERATIONS_PORT: "0", ANTRYK_DRAIN_DELAY: "0", ...this.env };
  }
}

/** Whether there is such a process. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
