/** The whole service, built and not listening: what `main` serves and tests call. */
import { randomUUID } from "node:crypto";
import type { Server } from "node:http";
import { hostname } from "node:os";
import { retention } from "@antryk/contract";
import type { Dispatcher } from "undici";
import { Directory } from "./callers/directory.ts";
import { KeyUses } from "./callers/key-uses.ts";
import { GatewayDirectory } from "./delivery/gateways.ts";
import type { LearningOptions } from "./delivery/learning.ts";
import { receiptTopic } from "./delivery/receipt-desk.ts";
import type { Timer } from "./delivery/timer.ts";
import { QueueDepth } from "./events/queue-depth.ts";
import { Worker } from "./events/worker.ts";
import { createDispatcher } from "./gateways/lib/http-client.ts";
import { type Inbox, SandboxInbox } from "./gateways/sandbox/inbox.ts";
import { Connections } from "./http/connections.ts";
import { connectionsAtMost } from "./http/descriptors.ts";
import { answeredOf } from "./http/lib/answered.ts";
import { buildOperations, buildPublic, defaultTimeouts, type HttpTimeouts } from "./http/server.ts";
import type { Keyring } from "./keyring/keyring.ts";
import { KeyringWatch } from "./keyring/watch.ts";
import type { Log } from "./observe/log.ts";
import { maskRecipient } from "./observe/mask.ts";
import { Metrics, type Snapshot } from "./observe/metrics.ts";
import { RefusalLog } from "./observe/refusal-log.ts";
import type { Store } from "./store/port.ts";
import { Sweeper } from "./store/sweeper.ts";
import { StoreWatch } from "./store/watch.ts";
import { CountedHeart } from "./verification/counted.ts";
import { DecisionLog } from "./verification/decision-log.ts";
import type { Heart } from "./verification/heart.ts";
import { LimitWatch } from "./verification/limit-watch.ts";
import { Traffic } from "./verification/traffic.ts";
import { version } from "./version.ts";

export interface AppOptions {
  readonly store: Store;
  readonly keyring: Keyring;
  /** The keyring's file, which the server follows; undefined: the keys stay as they are. */
  readonly keyringPath?: string;
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
  /** Whether there is a GET /metrics; the default is true. */
  readonly hasMetrics?: boolean;
  /** Lets requests to the operations listener in that do not come from this machine. */
  readonly operationsToken?: string | undefined;
  /** Connections at most; never more than the process can hold. */
  readonly connections?: number;
  /** What GET /metrics shows; the default is what this process has counted. */
  readonly readMetrics?: () => Promise<Snapshot>;
  /** Where gateways can reach this server from outside; undefined: they are not asked to report delivery. */
  readonly publicUrl?: string | undefined;
  /** What other machines compare with their own clocks, Unix ms; the default is this machine's wall time. */
  readonly wallClock?: () => number;
  /** How old what operators set may be, ms; for tests. */
  readonly directoryLooksEveryMs?: number;
  /** For tests of routes that learn. */
  readonly learning?: LearningOptions | undefined;
}

/** An address to listen on. `reusePort`: other processes may listen on it too; the kernel spreads the connections. */
export interface ListenAddress {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly reusePort?: boolean;
}

export interface Listening {
  readonly baseUrl: string;
  /** What operators read. */
  readonly operationsUrl: string;
}

/** An address can't be listened on; `cause` has the system's code. */
export class CannotListen extends Error {
  override readonly name = "CannotListen";
  readonly listener: "public" | "operations";

  constructor(listener: "public" | "operations", cause: unknown) {
    super(`the ${listener} listener can't listen`, { cause });
    this.listener = listener;
  }
}

export interface App {
  /** Of the public listener. */
  readonly server: Server;
  readonly heart: Heart;
  readonly sandbox: Inbox;
  /** Resolves once both listen. @throws CannotListen */
  listen(address: ListenAddress, operations: ListenAddress): Promise<Listening>;
  /** Resolves once the store has come further than this program: it takes no request any more, and must be closed. */
  readonly beyond: Promise<void>;
  /** Looks at the keyring's file now. */
  reloadKeyring(): void;
  /** Serves on, but says that it will stop: GET /readyz is 503, and no connection is kept. */
  leave(): void;
  /** Takes no new connections; those there are stay. */
  stopListening(): void;
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
    onReceipts: (fate, count) => metrics.count("antryk_receipt_fates_total", fate, count),
    onStatus: (gateway, status) => metrics.count("antryk_receipts_total", `${gateway} ${status}`),
  });
  worker.handle(receiptTopic, (entry) => gateways.receipts.retry(entry));
  const keyUses = new KeyUses({
    store,
    onFault: (count, { message }) =>
      log.warn(
        { event: "key_uses_not_stored", count, message },
        "when access keys were last used could not be stored; it is tried again",
      ),
  });
  const limitWatch = new LimitWatch({ store, log, onNear: (scope) => metrics.count("antryk_limit_near_total", scope) });
  const queueDepth = new QueueDepth(store, [receiptTopic]);
  const traffic = new Traffic({ store, log });
  const decisions = new DecisionLog({ store, log });
  const heart = new CountedHeart(
    {
      store,
      keyring,
      gateways,
      log,
      timer: options.timer,
      traffic,
      keepDecision(decision, hash) {
        // What gateways refuse is counted with their answers.
        const { reason, rule, mode } = decision;
        if (reason !== "gateway") metrics.count("antryk_decisions_total", `${reason} ${rule ?? ""} ${mode}`);
        return decisions.keep(decision, hash);
      },
      onCharged: (accountId, charges) => limitWatch.charged(accountId, charges),
      onSpent: (currency, gateway, micros) =>
        metrics.count("antryk_spent_micros_total", `${currency} ${gateway}`, micros),
      onUnjudged: (limit) => metrics.count("antryk_unjudged_sends_total", limit),
      ...(options.budgetMs === undefined ? {} : { budgetMs: options.budgetMs }),
    },
    metrics,
    new RefusalLog(log, () => store.now()),
  );
  metrics.addSource(() => {
    const { batches, calls } = store.batches();
    return { antryk_store_batches_total: { "": batches }, antryk_store_calls_total: { "": calls } };
  });
  metrics.addSource(() => {
    const waits = gateways.waits();
    return {
      antryk_gateway_waiting: Object.fromEntries(waits.map(({ gateway, waiting }) => [gateway, waiting])),
      antryk_gateway_waited_seconds_total: Object.fromEntries(
        waits.map(({ gateway, waitedMs }) => [gateway, waitedMs / 1000]),
      ),
      antryk_gateway_circuit_open: Object.fromEntries(waits.map(({ gateway, isOpen }) => [gateway, isOpen ? 1 : 0])),
    };
  });
  const { readMetrics = async () => metrics.snapshot() } = options;
  const connections = new Connections({
    atMost: connectionsAtMost(options.connections ?? Number.POSITIVE_INFINITY),
    log,
    metrics,
  });
  const nodeId = randomUUID();
  const watch = new StoreWatch({
    store,
    log,
    node: () => ({
      id: nodeId,
      host: hostname(),
      pid: process.pid,
      version,
      schema: store.newestSchema,
      keys: keyring.liveIds,
    }),
  });
  const keyringWatch =
    options.keyringPath === undefined
      ? undefined
      : new KeyringWatch({
          path: options.keyringPath,
          keyring,
          onChanged() {
            log.info({ event: "keyring_changed", keys: keyring.liveIds }, "the keyring's keys have changed");
            watch.sign().catch(() => undefined);
          },
          onRefused(message) {
            log.error({ event: "keyring_refused", message }, "the keyring can't be used; the keys from before stay");
          },
        });
  metrics.addSource(() => ({
    antryk_build_info: { [`${version} ${process.version} ${store.engine}`]: 1 },
    antryk_queue_waiting: queueDepth.waiting,
    antryk_store_unavailable: { "": watch.trouble === undefined ? 0 : 1 },
    antryk_keyring_stale: { "": keyringWatch?.isRefused ? 1 : 0 },
  }));
  let leaving = false;
  let draining = false;
  const server = {
    log,
    connections,
    timeouts: options.timeouts ?? defaultTimeouts,
    gateways,
    onAnswered: answeredOf(metrics, log, nodeId),
    isLeaving: () => leaving,
  };
  const http = buildPublic({
    ...server,
    heart,
    directory: new Directory(store, options.directoryLooksEveryMs, (accessKey) => keyUses.note(accessKey)),
    bodyCredentials: options.bodyCredentials ?? true,
    store,
    publicUrl: options.publicUrl,
    watch,
    isDraining: () => draining || watch.trouble !== undefined,
  });
  const operations = buildOperations({
    ...server,
    store,
    keyring,
    sandbox,
    metrics: { isOn: options.hasMetrics ?? true, read: readMetrics },
    token: options.operationsToken,
  });
  const listeners = [http, operations];
  for (const each of listeners) await each.ready();
  const sweeper = new Sweeper({
    store,
    log,
    newest: () => watch.newestAtStart,
    keeping: {
      identifiedMs: retention.historyMs,
      reducedMs: retention.reducedHistoryMs,
      ...options.history,
      reduce: (recipient) => ({ hash: keyring.phoneHash(recipient), masked: maskRecipient(recipient) }),
    },
  });
  metrics.addSource(() => ({
    antryk_sweep_behind_seconds: { "": sweeper.behindMs / 1000 },
    antryk_store_unreadable_rows: { "": sweeper.unreadable },
  }));

  const close = async (graceMs = 15_000): Promise<boolean> => {
    leaving = true;
    draining = true;
    const swept = sweeper.stop();
    keyringWatch?.stop();
    const deadline = performance.now() + graceMs;
    while (connections.inFlight > 0 && performance.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, closePollMs));
    const finished = connections.inFlight === 0;
    for (const each of listeners) each.server.closeAllConnections();
    for (const each of listeners) await each.close();
    await gateways.close();
    await swept;
    await worker.close();
    await limitWatch.stop();
    await queueDepth.stop();
    await traffic.stop();
    await decisions.close();
    await keyUses.close();
    await watch.stop();
    await dispatcher.close().catch(() => undefined);
    await store.close();
    return finished;
  };
  const listenOn = (listener: CannotListen["listener"], address: ListenAddress): Promise<string> =>
    (listener === "public" ? http : operations).listen(address).catch((fault: unknown) => {
      throw new CannotListen(listener, fault);
    });
  return {
    server: http.server,
    heart,
    sandbox,
    async listen(address, operationsAddress) {
      await watch.start();
      await traffic.start();
      // The operator's first: what is wrong with it is known before the service takes requests.
      const operationsUrl = await listenOn("operations", operationsAddress);
      const baseUrl = await listenOn("public", address);
      keyringWatch?.start();
      sweeper.start();
      limitWatch.start();
      queueDepth.start();
      worker.start();
      metrics.watchEventLoop();
      return { baseUrl, operationsUrl };
    },
    beyond: watch.beyond,
    reloadKeyring: () => keyringWatch?.look(),
    leave() {
      leaving = true;
    },
    stopListening() {
      for (const each of listeners) each.server.close();
    },
    close,
  };
}
