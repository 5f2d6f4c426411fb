/** Reads what the server answered. */
import { errorMessage, isErrorType } from "./error-type.ts";
import { ApiError } from "./errors.ts";
import { apiErrors } from "./generated/error-classes.ts";
import type { Redact } from "./redact.ts";
import { parseRetryAfter } from "./retry.ts";
import type { WireReply } from "./transport/types.ts";
import type { LimitName } from "./types.ts";

/** The body of a success. @throws ApiError */
export function readReply(reply: WireReply, redact: Redact): Record<string, unknown> {
  const body = parseObject(reply.text);
  if (reply.status >= 200 && reply.status < 300 && body?.success === true) return body;
  const row = Array.isArray(body?.errors) ? asObject(body.errors[0]) : undefined;
  throw row === undefined ? foreignError(reply, redact) : envelopeError(reply, row, redact);
}

function envelopeError(reply: WireReply, row: Record<string, unknown>, redact: Redact): ApiError {
  const text = (value: unknown) => (typeof value === "string" ? redact(value) : undefined);
  const number = (value: unknown) => (typeof value === "number" ? value : undefined);
  const known = isErrorType(row.type) ? row.type : undefined;
  const Make = known ? apiErrors[known] : ApiError;
  const fallback = known ? errorMessage(known) : `The server answered ${reply.status}`;
  const seconds = number(row.retryAfter);
  return new Make(text(row.message) ?? fallback, {
    type: known ?? "unknown_error",
    serverType: known ? undefined : text(row.type),
    status: reply.status,
    code: number(row.code) ?? reply.status,
    requestId: text(reply.headers["x-request-id"]),
    retryAfterMs: parseRetryAfter(reply.headers["retry-after"]) ?? (seconds === undefined ? undefined : seconds * 1000),
    param: text(row.param),
    expiresAt: text(row.expiresAt),
    attemptsRemaining: number(row.attemptsRemaining),
    // A newer server may have more names; a name is compared, and one that is not known matches nothing.
    limit: text(row.limit) as LimitName | undefined,
    lockedUntil: text(row.lockedUntil),
    mayHaveBeenSent: typeof row.mayHaveBeenSent === "boolean" ? row.mayHaveBeenSent : undefined,
    reason: text(row.reason),
    decisionId: text(row.decisionId),
  });
}

// Its body is not quoted: an error page of a proxy may repeat the request, headers and all.
function foreignError({ status, headers }: WireReply, redact: Redact): ApiError {
  const message =
    status >= 300 && status < 400
      ? `The server answered a redirect (${status}): make \`baseUrl\` the final address`
      : `Something other than Antryk answered ${status}: ` +
        `check ${status < 500 ? "`baseUrl`" : "the proxy before the server"}`;
  const requestId = headers["x-request-id"];
  return new ApiError(message, {
    type: "unexpected_reply",
    status,
    code: status,
    requestId: requestId === undefined ? undefined : redact(requestId),
    retryAfterMs: parseRetryAfter(headers["retry-after"]),
  });
}

function parseObject(json: string): Record<string, unknown> | undefined {
  try {
    return asObject(JSON.parse(json));
  } catch {
    return undefined;
  }
}

function asObject(value: unknown): Record<string, unknown> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}
