/** What is counted and logged of every reply. */
import type { Log } from "../../observe/log.ts";
import type { Metrics } from "../../observe/metrics.ts";

export interface AnsweredRequest {
  readonly requestId: string;
  /** The operation's name or the route's path; `other`: there is no such route. */
  readonly route: string;
  readonly status: number;
  readonly durationMs: number;
  /** The caller's key, and the service that it asked for, as far as they are known. */
  readonly accessKey?: string;
  readonly serviceId?: string | undefined;
}

export type Answered = (request: AnsweredRequest) => void;

/** `node`: the server's id, as `antryk node list` shows it. */
export function answeredOf(metrics: Metrics, log: Log, node: string): Answered {
  return ({ requestId, route, status, durationMs, accessKey, serviceId }) => {
    metrics.count("antryk_http_requests_total", `${route} ${status}`);
    metrics.observe("antryk_http_request_seconds", route, durationMs / 1000);
    if (log.isLevelEnabled("debug"))
      log.debug(
        { event: "request", requestId, route, status, durationMs: Math.round(durationMs), accessKey, serviceId, node },
        "a request was answered",
      );
  };
}
