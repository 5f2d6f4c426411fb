/** What the process counts. On the hot paths a count is one addition; everything else happens when metrics are read. */
import { monitorEventLoopDelay } from "node:perf_hooks";

/** How the values of several processes become one. */
type Across = "sum" | "max";

export interface MetricKind {
  readonly type: "counter" | "gauge";
  readonly help: string;
  readonly labels: readonly string[];
  readonly across: Across;
}

/** Every metric: the one place for its name, its labels, and what it means. */
export const metricKinds = {
  antryk_sends_total: {
    type: "counter",
    help: "Sends and resends by what came of them.",
    labels: ["operation", "outcome"],
    across: "sum",
  },
  antryk_unjudged_sends_total: {
    type: "counter",
    help: "Sends that a limit was set for and could not count, because the request does not say whom.",
    labels: ["limit"],
    across: "sum",
  },
  antryk_decisions_total: {
    type: "counter",
    help: "Messages that the policy refused (enforce) or would have refused (monitor), by reason.",
    labels: ["reason", "mode"],
    across: "sum",
  },
  antryk_spent_micros_total: {
    type: "counter",
    help: "What messages have cost by the prices that are known, in millionths of the account's currency.",
    labels: ["currency", "gateway"],
    across: "sum",
  },
  antryk_verifies_total: {
    type: "counter",
    help: "Verifies by what came of them.",
    labels: ["outcome"],
    across: "sum",
  },
  antryk_gateway_attempts_total: {
    type: "counter",
    help: "Messages handed to a gateway: accepted, or the class of its failure.",
    labels: ["gateway", "class"],
    across: "sum",
  },
  antryk_gateway_waiting: {
    type: "gauge",
    help: "Sends that wait for their turn at a gateway that is asked too fast.",
    labels: ["gateway"],
    across: "sum",
  },
  antryk_gateway_waited_seconds_total: {
    type: "counter",
    help: "How long sends have waited for their turns.",
    labels: ["gateway"],
    across: "sum",
  },
  antryk_receipts_total: {
    type: "counter",
    help: "Delivery receipts by what became of them: known, unmatched (of no message here), dropped (too many).",
    labels: ["fate"],
    across: "sum",
  },
  antryk_store_batches_total: {
    type: "counter",
    help: "Transactions that carried batches of calls.",
    labels: [],
    across: "sum",
  },
  antryk_store_calls_total: { type: "counter", help: "Calls in those batches.", labels: [], across: "sum" },
  antryk_sweep_behind_seconds: {
    type: "gauge",
    help: "For how long the oldest row that the sweep must move or remove has been due.",
    labels: [],
    across: "max",
  },
  antryk_store_unreadable_rows: {
    type: "gauge",
    help: "Rows of the store, older than a day, that can't be read; they are left as they are.",
    labels: [],
    across: "max",
  },
  antryk_connections: { type: "gauge", help: "Open connections of clients.", labels: [], across: "sum" },
  antryk_connections_closed_total: {
    type: "counter",
    help: "Connections that were closed to bound them: idle ones for new ones, new ones, and for too many requests at once.",
    labels: ["reason"],
    across: "sum",
  },
  antryk_event_loop_lag_seconds: {
    type: "gauge",
    help: "How late timers were, 99th percentile since the last reading; of the slowest process.",
    labels: [],
    across: "max",
  },
  antryk_processor_seconds_total: {
    type: "counter",
    help: "Processor time, user and system.",
    labels: [],
    across: "sum",
  },
  antryk_resident_memory_bytes: { type: "gauge", help: "Resident memory.", labels: [], across: "sum" },
  antryk_workers: { type: "gauge", help: "Processes that answered.", labels: [], across: "sum" },
  antryk_worker_restarts_total: {
    type: "counter",
    help: "Workers that ended and were replaced.",
    labels: [],
    across: "sum",
  },
} as const satisfies Record<string, MetricKind>;

export type MetricName = keyof typeof metricKinds;

/** Values by metric and by its labels' values, joined by a space. */
export type Snapshot = { readonly [name in MetricName]?: Readonly<Record<string, number>> };

const lagResolutionMs = 20;

export class Metrics {
  readonly #counts = new Map<MetricName, Map<string, number>>();
  readonly #sources: (() => Snapshot)[] = [];
  #lag: ReturnType<typeof monitorEventLoopDelay> | undefined;

  /** `labels`: the labels' values in their order, joined by a space. */
  count(name: MetricName, labels = "", by = 1): void {
    let values = this.#counts.get(name);
    if (!values) {
      values = new Map();
      this.#counts.set(name, values);
    }
    values.set(labels, (values.get(labels) ?? 0) + by);
  }

  /** Asked for more values with each snapshot. */
  addSource(source: () => Snapshot): void {
    this.#sources.push(source);
  }

  /** Measures how late timers are from now on. */
  watchEventLoop(): void {
    this.#lag ??= monitorEventLoopDelay({ resolution: lagResolutionMs });
    this.#lag.enable();
  }

  snapshot(): Snapshot {
    const counted = Object.fromEntries(
      [...this.#counts].map(([name, values]) => [name, Object.fromEntries(values)]),
    ) as Snapshot;
    return summed([counted, this.#ofProcess(), ...this.#sources.map((source) => source())]);
  }

  #ofProcess(): Snapshot {
    const { user, system } = process.cpuUsage();
    const lagNs = this.#lag && this.#lag.count > 0 ? this.#lag.percentile(99) : 0;
    this.#lag?.reset();
    return {
      antryk_event_loop_lag_seconds: { "": Math.max(0, lagNs / 1e9 - lagResolutionMs / 1000) },
      antryk_processor_seconds_total: { "": (user + system) / 1e6 },
      antryk_resident_memory_bytes: { "": process.memoryUsage.rss() },
      antryk_workers: { "": 1 },
    };
  }
}

/** The snapshots of several processes as one. */
export function summed(snapshots: readonly Snapshot[]): Snapshot {
  const sums: Partial<Record<MetricName, Record<string, number>>> = {};
  for (const snapshot of snapshots) {
    for (const name of Object.keys(snapshot) as MetricName[]) {
      const kind = metricKinds[name];
      if (!kind) continue;
      sums[name] ??= {};
      const values = sums[name];
      for (const [labels, value] of Object.entries(snapshot[name] ?? {})) {
        const before = values[labels];
        values[labels] =
          before === undefined ? value : kind.across === "max" ? Math.max(before, value) : before + value;
      }
    }
  }
  return sums;
}
