/** Replies as values, with their status from the table of errors. */
import { type BlockedReason, type ErrorType, errorRow, type LimitName, policyLimits } from "@antryk/contract";
import type { LimitRefusal } from "../../model/limits.ts";

export type Headers = Record<string, string>;

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  /** JSON, unless a media type says otherwise. Bytes, if they are shared by many replies. */
  readonly body: string | Buffer;
  readonly mediaType?: string;
}

/** What an error carries beside its row. */
export interface ErrorDetails {
  readonly param?: string;
  readonly retryAfterMs?: number | undefined;
  readonly expiresAt?: number;
  readonly attemptsRemaining?: number;
  readonly limit?: LimitName;
  readonly lockedUntil?: number | undefined;
  readonly mayHaveBeenSent?: boolean;
  readonly reason?: BlockedReason | undefined;
  readonly decisionId?: string | undefined;
  readonly headers?: Headers;
  /** Overrides the table if one row stands for cases that differ in it. */
  readonly shouldRetry?: boolean;
}

export const jsonType = "application/json; charset=utf-8";

const none: Headers = {};

export function okReply(body: object, replayed = false): Reply {
  return { status: 200, headers: replayed ? { "idempotency-replayed": "true" } : none, body: JSON.stringify(body) };
}

/** A page that is not JSON. */
export function textReply(mediaType: string, body: string): Reply {
  return { status: 200, headers: none, body, mediaType };
}

export function errorReply(type: ErrorType, details: ErrorDetails = {}): Reply {
  const { status, message, retryable } = errorRow(type);
  const retryAfter = details.retryAfterMs === undefined ? undefined : wholeSeconds(details.retryAfterMs);
  const headers: Headers = { ...details.headers };
  if (retryAfter !== undefined) headers["retry-after"] = String(retryAfter);
  if (!(details.shouldRetry ?? retryable)) headers["x-should-retry"] = "false";
  const error = {
    message,
    code: status,
    type,
    param: details.param,
    retryAfter,
    expiresAt: details.expiresAt === undefined ? undefined : iso(details.expiresAt),
    attemptsRemaining: details.attemptsRemaining,
    limit: details.limit,
    lockedUntil: details.lockedUntil === undefined ? undefined : iso(details.lockedUntil),
    mayHaveBeenSent: details.mayHaveBeenSent,
    reason: details.reason,
    decisionId: details.decisionId,
  };
  return { status, headers, body: JSON.stringify({ success: false, errors: [error] }) };
}

/** The server can't do it now: it is stopping, or its store is away. */
export function unavailableReply(): Reply {
  return errorReply("unavailable", { retryAfterMs: 1_000 });
}

/** A limit's refusal with `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-10). */
export function limitReply(refusal: LimitRefusal): Reply {
  const { name, limit, retryAfterMs, locked, lockedUntil, decisionId } = refusal;
  const headers = {
    "ratelimit-policy": `"${name}";q=${limit.count};w=${wholeSeconds(limit.windowMs)}`,
    ratelimit: `"${name}";r=0;t=${wholeSeconds(retryAfterMs)}`,
  };
  const decided = policyLimits.has(name) ? ({ reason: "limit", decisionId } as const) : {};
  return errorReply("rate_limited", {
    retryAfterMs,
    headers,
    shouldRetry: !locked,
    limit: name,
    lockedUntil,
    ...decided,
  });
}

/** `Retry-After` counts whole seconds, at least 1. */
function wholeSeconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1000));
}

export function iso(ms: number): string {
  return new Date(ms).toISOString();
}
