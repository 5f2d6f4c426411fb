/**
 * What the process counts. On the hot paths a count is one addition; everything else happens when metrics are read. Labels
 * are bounded: a name that a stranger chooses is never one, and of each metric only so many sets of values are kept.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { BlockedReason, LimitName } from "@antryk/contract";

/** How the values of several processes become one. */
type Across = "sum" | "max";

export interface MetricKind {
  /** A histogram's values are kept in its spans: see `seconds`. */
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly labels: readonly string[];
  readonly across: Across;
  /** Values of the labels, joined by a space, that are there from the start, so that an alert can see the first one. */
  readonly from?: readonly string[];
}

/** Upper bounds of the spans of every histogram, s. */
export const spans = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;

const histogram = { type: "histogram", across: "sum" } as const;

/** Every metric: the one place for its name, its labels, and what it means. */
export const metricKinds = {
  antryk_build_info: {
    type: "gauge",
    help: "1; which program runs.",
    labels: ["version", "node", "engine"],
    across: "max",
  },
  antryk_http_requests_total: {
    type: "counter",
    help: "Answered requests by route and status; other: no route.",
    labels: ["route", "status"],
    across: "sum",
  },
  antryk_http_request_seconds: { ...histogram, help: "From a request's head to its reply.", labels: ["route"] },
  antryk_sends_total: {
    type: "counter",
    help: "Sends and resends by service, country of the number, and what came of them.",
    labels: ["operation", "service", "country", "outcome"],
    across: "sum",
  },
  antryk_limit_refusals_total: {
    type: "counter",
    help: "Requests that a limit refused, by the limit.",
    labels: ["limit"],
    across: "sum",
    from: LimitName.enum,
  },
  antryk_unjudged_sends_total: {
    type: "counter",
    help: "Sends that a limit was set for and could not count, because the request does not say whom.",
    labels: ["limit"],
    across: "sum",
  },
  antryk_decisions_total: {
    type: "counter",
    help: "Messages that the policy refused (enforce) or would have refused (monitor), by reason, and rule where there is one.",
    labels: ["reason", "rule", "mode"],
    across: "sum",
    from: BlockedReason.enum.map((reason) => `${reason}  enforce`),
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
  antryk_gateway_seconds: { ...histogram, help: "How long a gateway took to answer.", labels: ["gateway"] },
  antryk_gateway_circuit_open: {
    type: "gauge",
    help: "1: the gateway has failed so often in a row that it is not asked for a while.",
    labels: ["gateway"],
    across: "max",
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
    help: "Delivery receipts of known messages by what they say.",
    labels: ["gateway", "status"],
    across: "sum",
  },
  antryk_receipt_fates_total: {
    type: "counter",
    help: "Delivery receipts by what became of them: known, unmatched (of no message here), dropped (too many).",
    labels: ["fate"],
    across: "sum",
    from: ["known", "unmatched", "dropped"],
  },
  antryk_queue_waiting: {
    type: "gauge",
    help: "Unfinished entries of the store's queue, counted up to 10,000; read every 15 seconds.",
    labels: ["topic"],
    across: "max",
  },
  antryk_limit_near_total: {
    type: "counter",
    help: "Times that a limit of a service, an account or a country, or a budget, was used up to four fifths.",
    labels: ["scope"],
    across: "sum",
    from: ["service", "account", "country", "budget"],
  },
  antryk_store_unavailable: {
    type: "gauge",
    help: "1: the readiness check finds that the store can't be used.",
    labels: [],
    across: "max",
  },
  antryk_keyring_stale: {
    type: "gauge",
    help: "1: the keyring's file has changed and can't be used; the keys from before stay.",
    labels: [],
    across: "max",
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

type HistogramName = {
  [Name in MetricName]: (typeof metricKinds)[Name]["type"] extends "histogram" ? Name : never;
}[MetricName];

/**
 * Values by metric and by its labels' values, joined by a space. Of a histogram, behind the labels: the number of a span,
 * whose value is how many fell into it, or `sum`.
 */
export type Snapshot = { readonly [name in MetricName]?: Readonly<Record<string, number>> };

const lagResolutionMs = 20;
/** Sets of values that a metric may have; what is beyond is counted under "other". */
const mostSets = 2_000;

export class Metrics {
  readonly #counts = new Map<MetricName, Map<string, number>>();
  readonly #histograms = new Map<HistogramName, Map<string, { readonly counts: Float64Array; sum: number }>>();
  readonly #sources: (() => Snapshot)[] = [];
  #lag: ReturnType<typeof monitorEventLoopDelay> | undefined;

  constructor() {
    for (const [name, { from }] of Object.entries(metricKinds) as [MetricName, MetricKind][])
      if (from) this.#counts.set(name, new Map(from.map((labels) => [labels, 0])));
  }

  /** `labels`: the labels' values in their order, joined by a space. */
  count(name: MetricName, labels = "", by = 1): void {
    const values = this.#valuesOf(name);
    const was = values.get(labels);
    if (was !== undefined || values.size < mostSets) values.set(labels, (was ?? 0) + by);
    else {
      const others = metricKinds[name].labels.map(() => "other").join(" ");
      values.set(others, (values.get(others) ?? 0) + by);
    }
  }

  /** One value of a histogram, s. */
  observe(name: HistogramName, labels: string, seconds: number): void {
    const histograms = this.#histograms;
    let ofMetric = histograms.get(name);
    if (!ofMetric) {
      ofMetric = new Map();
      histograms.set(name, ofMetric);
    }
    let kept = ofMetric.get(labels);
    if (!kept) {
      if (ofMetric.size >= mostSets) return;
      kept = { counts: new Float64Array(spans.length + 1), sum: 0 };
      ofMetric.set(labels, kept);
    }
    let span = 0;
    while (span < spans.length && seconds > (spans[span] ?? 0)) span += 1;
    kept.counts[span] = (kept.counts[span] ?? 0) + 1;
    kept.sum += seconds;
  }

  #valuesOf(name: MetricName): Map<string, number> {
    let values = this.#counts.get(name);
    if (!values) {
      values = new Map();
      this.#counts.set(name, values);
    }
    return values;
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
    return summed([counted, this.#spread(), this.#ofProcess(), ...this.#sources.map((source) => source())]);
  }

  #spread(): Snapshot {
    return Object.fromEntries(
      [...this.#histograms].map(([name, ofMetric]) => {
        const values = [...ofMetric].flatMap(([labels, { counts, sum }]): [string, number][] => [
          ...Array.from(counts, (count, span): [string, number] => [`${labels} ${span}`, count]),
          [`${labels} sum`, sum],
        ]);
        return [name, Object.fromEntries(values)];
      }),
    );
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
