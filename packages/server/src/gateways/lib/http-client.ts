/** What all gateways that speak HTTP share: the pool, bounded replies, and what a fault of the transport means. */
import { Agent, buildConnector, type Dispatcher } from "undici";
import type { FailureClass, SendResult } from "../port.ts";

/** Replies of gateways are small; more than this is not read. */
const replyLimitBytes = 64 * 1024;

/** Faults of connecting: name, TCP and TLS, one address or several. No byte of a request was written. */
const notConnected = new WeakSet<object>();

/** One pool for all gateways: keep-alive, and its own time limits behind the send's budget. */
export function createDispatcher(): Agent {
  const connector = buildConnector({ timeout: 4_000 });
  return new Agent({
    connections: 64,
    pipelining: 1,
    keepAliveTimeout: 10_000,
    connect: (options, callback) =>
      connector(options, (...result) => {
        if (result[0]) notConnected.add(result[0]);
        callback(...result);
      }),
    headersTimeout: 30_000,
    bodyTimeout: 30_000,
  });
}

/** The body's first 64 kB as text; the rest is thrown away with its connection. */
export async function readBounded(body: Dispatcher.ResponseData["body"]): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    const data = chunk as Buffer;
    bytes += data.length;
    chunks.push(data);
    if (bytes > replyLimitBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, replyLimitBytes).toString("utf8");
}

/** Faults that come before a byte of the request is written (Node.js errors, undici Errors.md; 2026-11). */
const neverWritten = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EADDRNOTAVAIL",
  "ERR_INVALID_URL",
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_INVALID_ARG",
  "CERT_HAS_EXPIRED",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "ERR_TLS_CERT_ALTNAME_INVALID",
]);

/** A time-out or reset after the request was written leaves open whether the message left. */
export function classifyTransportFault(fault: unknown): SendResult {
  const { code: given, name = "" } = fault as { code?: unknown; name?: string };
  // That of a DOMException, such as an AbortError, is a number.
  const code = typeof given === "string" ? given : "";
  const connecting = typeof fault === "object" && fault !== null && notConnected.has(fault);
  if (connecting || neverWritten.has(code))
    return { outcome: "failed", class: "unavailable", ambiguous: false, detail: code || "no connection" };
  const timedOut = name === "AbortError" || name === "TimeoutError" || code.endsWith("TIMEOUT");
  return {
    outcome: "failed",
    class: timedOut ? "timeout" : "unknown",
    ambiguous: true,
    detail: code || name || "transport fault",
  };
}

/** A refusal by its status alone. 504 is none: its sender does not know what became of the message. */
export function classifyStatus(status: number, retryAfter: string | string[] | undefined): SendResult {
  const detail = `HTTP ${status}`;
  if (status === 504) return { outcome: "failed", class: "timeout", ambiguous: true, detail };
  const retryAfterMs = parseRetryAfterMs(retryAfter);
  return {
    outcome: "failed",
    class: refusalClass(status),
    ambiguous: false,
    detail,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

function refusalClass(status: number): FailureClass {
  if (status === 429) return "rate_limited";
  if (status === 402) return "quota";
  if (status >= 500) return "unavailable";
  return status === 401 || status === 403 ? "auth" : "rejected";
}

/** `Retry-After` in seconds or as a date (RFC 9110 §10.2.3), as ms from now. */
export function parseRetryAfterMs(value: string | string[] | undefined): number | undefined {
  if (typeof value !== "string") return undefined;
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  // Date.parse alone takes "-1" for a year.
  const at = value.endsWith(" GMT") ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now());
}
