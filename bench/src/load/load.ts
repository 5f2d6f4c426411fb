/** The load generator: autocannon in a separate process, so that its processor time is not counted with another's. */
import autocannon from "autocannon";
import { answer } from "../processes/answer.ts";
import { percentile } from "./statistics.ts";

/** One request; each is sent once. */
export interface LoadRequest {
  readonly body: string;
  readonly idempotencyKey?: string;
}

export interface Load {
  /** Scheme, host and port. */
  readonly origin: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly requests: readonly LoadRequest[];
  readonly connections: number;
  /** Requests a second; as fast as they are answered if left out. */
  readonly rate?: number;
  /** What each reply's body must hold. */
  readonly expect: string;
}

export interface LoadResult {
  /** Replies of any status. */
  readonly replies: number;
  /** Replies by status, and `error`, `timeout`, `mismatch` (a body without what was expected); good ones left out. */
  readonly failures: Readonly<Record<string, number>>;
  /** A body that was not as expected. */
  readonly example: string | undefined;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

answer("load", (load: Load): Promise<LoadResult> => {
  const latencies = new Float64Array(load.requests.length);
  let replies = 0;
  let firstAt = 0;
  let lastAt = 0;
  let example: string | undefined;
  const shares = sharesOf(load);
  return new Promise((resolve, reject) => {
    const run = autocannon(
      {
        url: load.origin,
        connections: load.connections,
        amount: load.requests.length,
        ...(load.rate === undefined ? {} : { overallRate: load.rate }),
        timeout: 20,
        sampleInt: 20,
        setupClient: (client) => client.setRequests(shares.shift() ?? []),
        verifyBody: (body) => body.includes(load.expect),
      },
      (fault, { errors, timeouts, mismatches, statusCodeStats }) => {
        if (fault) return reject(fault);
        const failures: Record<string, number> = {};
        for (const [status, { count }] of Object.entries(statusCodeStats))
          if (status !== "200") failures[status] = count;
        if (timeouts > 0) failures.timeout = timeouts;
        if (errors > timeouts) failures.error = errors - timeouts;
        if (mismatches > 0) failures.mismatch = mismatches;
        if (replies < load.requests.length) failures.unanswered = load.requests.length - replies;
        const times = latencies.subarray(0, replies);
        resolve({
          replies,
          failures,
          example,
          requestsPerSecond: ((replies - 1) / (lastAt - firstAt)) * 1000,
          p50Ms: percentile(times, 0.5),
          p99Ms: percentile(times, 0.99),
        });
      },
    );
    run.on("response", (_client, _status, _bytes, ms: number) => {
      lastAt = performance.now();
      if (replies === 0) firstAt = lastAt;
      latencies[replies] = ms;
      replies += 1;
    });
    run.on("reqMismatch", (body: string) => {
      example ??= body;
    });
  });
});
process.channel?.ref();

/** The requests of each connection, as autocannon will count them: an even share, one more for the first ones. */
function sharesOf({ requests, connections, path, headers }: Load) {
  const made = requests.map(({ body, idempotencyKey }) => ({
    method: "POST" as const,
    path,
    headers: idempotencyKey === undefined ? headers : { ...headers, "idempotency-key": idempotencyKey },
    body,
  }));
  return Array.from({ length: connections }, (_, connection) =>
    made.filter((_request, index) => index % connections === connection),
  );
}
