/** One process that starts the workers, replaces those that end, and holds the sandbox's messages for all of them. */
import cluster, { type Worker } from "node:cluster";
import type { Listening } from "../../app.ts";
import { SandboxInbox, type SandboxMessage } from "../../gateways/sandbox/inbox.ts";
import type { Log } from "../../observe/log.ts";
import { Metrics, type Snapshot, summed } from "../../observe/metrics.ts";
import { BackOff } from "./back-off.ts";
import { Channel } from "./channel.ts";

const beatMs = 5_000;
/** A worker whose event loop has stood still for so long is replaced. */
const hungMs = 30_000;
/** So is one that has not come to listen: on a machine that is busy, loading its modules alone takes longer than `hungMs`. */
const startMs = 300_000;
/** Workers drain for 15 s at most; what is left after this is killed. */
const stopMs = 18_000;

interface Running {
  readonly worker: Worker;
  readonly channel: Channel;
  readonly startedAt: number;
  /** Its addresses once it listens; `undefined` if it ended before. */
  readonly listening: Promise<Listening | undefined>;
  /** Its exit code; null if a signal ended it. */
  readonly exited: Promise<number | null>;
  answeredAt: number;
  patienceMs: number;
}

export class Supervisor {
  readonly #log: Log;
  readonly #count: number;
  readonly #env: NodeJS.ProcessEnv;
  readonly #inbox = new SandboxInbox();
  readonly #metrics = new Metrics();
  readonly #running = new Set<Running>();
  readonly #waits = new Set<NodeJS.Timeout>();
  readonly #beyond = Promise.withResolvers<void>();
  #stopping = false;

  /** `env`: what the workers' environment has in addition. */
  constructor(count: number, log: Log, env: NodeJS.ProcessEnv = {}) {
    this.#env = env;
    this.#count = count;
    this.#log = log;
  }

  /** Resolves with the addresses once every worker listens, or with the exit code of a first one that can't. */
  async start(): Promise<Listening | { readonly exitCode: number }> {
    setInterval(() => this.#beat(), beatMs).unref();
    // The first one alone: what keeps it from starting is then said once.
    const first = this.#fork(new BackOff(), false);
    const listening = await first.listening;
    if (listening === undefined) return { exitCode: (await first.exited) || 1 };
    first.worker.once("exit", () => this.#replace(first, new BackOff()));
    const others = Array.from({ length: this.#count - 1 }, () => this.#fork(new BackOff(), true));
    await Promise.all(others.map(({ listening }) => listening));
    return listening;
  }

  /** Resolves once a worker says that the store has come further than this program. */
  get beyond(): Promise<void> {
    return this.#beyond.promise;
  }

  /** The workers look at the keyring's file. */
  reloadKeyring(): void {
    for (const { channel } of this.#running) channel.ask("reload").catch(() => undefined);
  }

  /** The workers serve on, but say that they will stop. */
  leave(): void {
    for (const { channel } of this.#running) channel.ask("leave").catch(() => undefined);
  }

  /** Drains all workers; `false`: requests were cut off. */
  async stop(): Promise<boolean> {
    this.#stopping = true;
    for (const wait of this.#waits) clearTimeout(wait);
    const late = setTimeout(() => this.kill(), stopMs);
    const codes = await Promise.all(
      [...this.#running].map(({ channel, exited, worker }) => {
        channel.ask("stop").catch(() => worker.process.kill("SIGTERM"));
        return exited;
      }),
    );
    clearTimeout(late);
    return codes.every((code) => code === 0);
  }

  kill(): void {
    this.#stopping = true;
    for (const { worker } of this.#running) worker.process.kill("SIGKILL");
  }

  #fork(backOff: BackOff, replaced: boolean): Running {
    const worker = cluster.fork(this.#env);
    const { promise: listening, resolve: listens } = Promise.withResolvers<Listening | undefined>();
    const end = {
      send: (message: object, sent: (fault: Error | null) => void) => void worker.send(message, sent),
      listen: (receive: (message: unknown) => void) => void worker.on("message", receive),
    };
    const channel = new Channel(end, {
      listening: (where: Listening) => listens(where),
      "sandbox-add": (messages: readonly SandboxMessage[]) => {
        for (const message of messages) this.#inbox.add(message);
      },
      "sandbox-list": (to: string | null) => this.#inbox.list(to ?? undefined),
      metrics: () => this.#snapshot(),
      beyond: () => this.#beyond.resolve(),
    });
    const exited = new Promise<number | null>((resolve) =>
      worker.once("exit", (code, signal) => resolve(signal ? null : code)),
    );
    const now = performance.now();
    const running: Running = {
      worker,
      channel,
      startedAt: now,
      listening,
      exited,
      answeredAt: now,
      patienceMs: startMs,
    };
    this.#running.add(running);
    void listening.then(() => {
      running.answeredAt = performance.now();
      running.patienceMs = hungMs;
    });
    // A channel that breaks shows as the worker's end.
    worker.on("error", () => undefined);
    worker.once("exit", () => {
      this.#running.delete(running);
      listens(undefined);
      if (replaced) this.#replace(running, backOff);
    });
    return running;
  }

  #replace({ worker, startedAt }: Running, backOff: BackOff): void {
    if (this.#stopping) return;
    const { exitCode, signalCode, pid } = worker.process;
    const restartInMs = backOff.next(performance.now() - startedAt);
    this.#metrics.count("antryk_worker_restarts_total");
    this.#log.warn(
      { event: "worker_ended", worker: pid, exitCode, signal: signalCode, restartInMs },
      "a worker ended; another takes its place",
    );
    const wait = setTimeout(() => {
      this.#waits.delete(wait);
      this.#fork(backOff, true);
    }, restartInMs);
    this.#waits.add(wait);
  }

  #beat(): void {
    for (const running of this.#running) {
      const { channel, worker } = running;
      if (performance.now() - running.answeredAt > running.patienceMs) {
        this.#log.error(
          { event: "worker_hung", worker: worker.process.pid },
          "a worker answers nothing any more and is killed",
        );
        worker.process.kill("SIGKILL");
      } else {
        channel.ask("ping", undefined, hungMs).then(
          () => {
            running.answeredAt = performance.now();
          },
          () => undefined,
        );
      }
    }
  }

  /** The workers' values together; one that does not answer is left out. */
  async #snapshot(): Promise<Snapshot> {
    const asked = await Promise.allSettled(
      [...this.#running].map(({ channel }) => channel.ask<Snapshot>("metrics", undefined, 1_000)),
    );
    const own = this.#metrics.snapshot();
    const restarts = { antryk_worker_restarts_total: own.antryk_worker_restarts_total ?? { "": 0 } };
    return summed([restarts, ...asked.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []))]);
  }
}
