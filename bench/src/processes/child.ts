/** A process of the run: it can be asked, measured and stopped. */
import { type ChildProcess, fork } from "node:child_process";
import { createInterface } from "node:readline";
import type { Answer, Question } from "./answer.ts";
import { killAtExit } from "./cleanup.ts";

export interface ChildOptions {
  /** File that the child runs. */
  readonly module: URL;
  readonly args?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Told of each line on stderr. */
  readonly onLine?: (line: string) => void;
}

export interface Usage {
  /** Processor time since the start, user and system, all threads, µs; that of a database server included. */
  readonly cpu: number;
  /** The database server's part; undefined: there is none. */
  readonly databaseCpu?: number;
  /** Resident memory, bytes. */
  readonly rss: number;
}

const probe = new URL("./probe.ts", import.meta.url).href;
const stopMs = 60_000;

export class Child implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, { resolve: (value: never) => void; reject: (fault: Error) => void }>();
  readonly #exit: Promise<void>;
  readonly #lastLines: string[] = [];
  #asked = 0;

  constructor({ module, args = [], env = process.env, onLine }: ChildOptions) {
    this.#process = fork(module, [...args], {
      env,
      execArgv: ["--disable-warning=ExperimentalWarning", "--import", probe],
      serialization: "advanced",
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    killAtExit(this.#process);
    if (this.#process.stderr) {
      createInterface({ input: this.#process.stderr }).on("line", (line) => {
        this.#lastLines.push(line);
        if (this.#lastLines.length > 20) this.#lastLines.shift();
        onLine?.(line);
      });
    }
    this.#process.on("message", (reply: Answer) => {
      const waiting = this.#waiting.get(reply.id);
      this.#waiting.delete(reply.id);
      if ("fault" in reply) waiting?.reject(new Error(reply.fault));
      else waiting?.resolve(reply.value as never);
    });
    this.#exit = new Promise((resolve) => {
      this.#process.once("exit", (code, signal) => {
        const fault = new Error(`${module.pathname} ended (${signal ?? code})\n${this.#lastLines.join("\n")}`);
        for (const { reject } of this.#waiting.values()) reject(fault);
        this.#waiting.clear();
        resolve();
      });
    });
  }

  ask<Value>(verb: string, input?: unknown): Promise<Value> {
    return new Promise<Value>((resolve, reject) => {
      if (!this.#process.connected) {
        reject(new Error(`the process is gone\n${this.#lastLines.join("\n")}`));
        return;
      }
      this.#asked += 1;
      this.#waiting.set(this.#asked, { resolve, reject });
      this.#process.send({ id: this.#asked, verb, input } satisfies Question);
    });
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  usage(): Promise<Usage> {
    return this.ask<Usage>("usage");
  }

  /** Asks it to stop and waits, a bounded time. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill("SIGTERM");
    const late = setTimeout(() => this.#process.kill("SIGKILL"), stopMs);
    await this.#exit;
    clearTimeout(late);
  }
}
