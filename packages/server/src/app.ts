/** The whole service, built and not listening: what `main` serves and tests call. */
import type { Server } from "node:http";
import { retention } from "@antryk/contract";
import type { Dispatcher } from "undici";
import { Directory } from "./callers/directory.ts";
import { GatewayDirectory } from "./delivery/gateways.ts";
import type { LearningOptions } from "./delivery/learning.ts";
import { receiptTopic } from "./delivery/receipt-desk.ts";
import type { Timer } from "./delivery/timer.ts";
import { Worker } from "./events/worker.ts";
import { createDispatcher } from "./gateways/lib/http-client.ts";
import { type Inbox, SandboxInbox } from "./gateways/sandbox/inbox.ts";
import { buildHttp, type HttpTimeouts, type InFlight } from "./http/server.ts";
import type { Keyring } from "./keyring/keyring.ts";
import type { Log } from "./observe/log.ts";
import { maskRecipient } from "./observe/mask.ts";
import { Metrics, type MetricsExposure, type Snapshot } from "./observe/metrics.ts";
import type { Store } from "./store/port.ts";
import { Sweeper } from "./store/sweeper.ts";
import { CountedHeart } from "./verification/counted.ts";
import type { Heart } from "./verification/heart.ts";

export interface AppOptions {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly log: Log;
  readonly bodyCredentials?: boolean;
  readonly timeouts?: HttpTimeouts;
  /** Time for all gateways of one send, ms. */
  readonly budgetMs?: number;
  /** What that time is measured with; the default is real time. */
  readonly timer?: Timer;
  readonly dispatcher?: Dispatcher;
  /** Where the sandbox keeps its messages; the default is this process. */
  readonly sandbox?: Inbox;
  readonly metrics?: Metrics;
  /** How long history is kept, with the numbers and then with them reduced, ms. */
  readonly history?: { readonly identifiedMs: number; readonly reducedMs: number };
  readonly metricsExposure?: MetricsExposure;
  /** What GET /metrics shows; the default is what this process has counted. */
  readonly readMetrics?: () => Promise<Snapshot>;
  /** Where gateways can reach this server from outside; undefined: they are not asked to report delivery. */
  readonly publicUrl?: string | undefined;
  /** What other machines compare with their own clocks, Unix ms; the default is this machine's wall time. */
  readonly wallClock?: () => number;
  /** For tests of routes that learn. */
  readonly learning?: LearningOptions | undefined;
}

/** `reusePort`: other processes may listen on the same port; the kernel spreads the connections. */
export interface ListenOptions {
  readonly reusePort?: boolean;
}

export interface App {
  readonly server: Server;
  readonly heart: Heart;
  readonly sandbox: Inbox;
  /** Resolves with the address once it listens. */
  listen(host: string, port: number, socket?: ListenOptions): Promise<string>;
  /**
   * Refuses new requests, waits for those in flight, at most `graceMs`; then closes everything.
   * `false`: some were cut off.
   */
  close(graceMs?: number): Promise<boolean>;
}

const closePollMs = 10;

export async function buildApp(options: AppOptions): Promise<App> {
  const { store, keyring, log } = options;
  const { sandbox = new SandboxInbox(), metrics = new Metrics() } = options;
  const dispatcher = options.dispatcher ?? createDispatcher();
  const worker = new Worker({ store, log });
  const gateways = new GatewayDirectory({
    // The store's clock stands still while the machine sleeps, and never goes back: signatures by it would be refused.
    context: { dispatcher, sandbox, now: options.wallClock ?? Date.now },
    keyring,
    store,
    log,
    publicUrl: options.publicUrl,
    learning: options.learning,
    enqueue: (entries) => worker.enqueue(entries),
  });
  worker.handle(receiptTopic, (entry) => gateways.receipts.retry(entry));
  const heart = new CountedHeart(
    {
      store,
      keyring,
      gateways,
      log,
      timer: options.timer,
      ...(options.budgetMs === undefined ? {} : { budgetMs: options.budgetMs }),
    },
    metrics,
  );
  metrics.addSource(() => {
    const { batches, calls } = store.batches();
    return { antryk_store_batches_total: { "": batches }, antryk_store_calls_total: { "": calls } };
  });
  const { readMetrics = async () => metrics.snapshot() } = options;
  const inFlight: InFlight = { count: 0 };
  let draining = false;
  const parts = {
    heart,
    directory: new Directory(store),
    log,
    bodyCredentials: options.bodyCredentials ?? true,
    store,
    sandbox,
    metrics: { exposure: options.metricsExposure ?? "local", read: readMetrics },
    gateways,
    publicUrl: options.publicUrl,
    isDraining: () => draining,
  };
  const http = buildHttp(parts, inFlight, options.timeouts);
  await http.ready();
  const sweeper = new Sweeper(store, log, {
    identifiedMs: retention.historyMs,
    reducedMs: retention.reducedHistoryMs,
    ...options.history,
    reduce: (recipient) => ({ hash: keyring.phoneHash(recipient), masked: maskRecipient(recipient) }),
  });

  const close = async (graceMs = 15_000): Promise<boolean> => {
    draining = true;
    sweeper.stop();
    const deadline = performance.now() + graceMs;
    while (inFlight.count > 0 && performance.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, closePollMs));
    const finished = inFlight.count === 0;
    http.server.closeAllConnections();
    await http.close();
    await gateways.close();
    await worker.close();
    await dispatcher.close().catch(() => undefined);
    await store.close();
    return finished;
  };

  return {
    server: http.server,
    heart,
    sandbox,
    async listen(host, port, socket = {}) {
      const address = await http.listen({ host, port, ...socket });
      sweeper.start();
      worker.start();
      metrics.watchEventLoop();
      return address;
    },
    close,
  };
}
