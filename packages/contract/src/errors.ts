/**
 * The one table of errors. Everything else is made from it or compared with it: the server's replies, the SDK's
 * classes, the OpenAPI document, the documentation's table.
 */
import { type Operation, postOperations as posts } from "./operations.ts";
import type { ErrorReply } from "./schemas.ts";

/** What an error row says. */
export interface ErrorRow {
  /** HTTP status; also the numeric `code` inside the envelope. */
  readonly status: number;
  /**
   * What a client reads. "Invalid Request" is printed by the documentation; the others are the type's words in title
   * case.
   */
  readonly message: string;
  /** When it is answered. One sentence for documentation. */
  readonly when: string;
  /** The operations that can answer it; `all` means every route. */
  readonly operations: readonly Operation[] | "all";
  /**
   * Whether the same request may succeed later. Replies of such rows carry `Retry-After`; `false` sends
   * `x-should-retry: false`.
   */
  readonly retryable: boolean;
  /** Fields that its replies can have, beside those of every error. */
  readonly fields?: readonly ErrorField[];
}

/** A field that only some errors have. */
export type ErrorField = Exclude<
  keyof ErrorReply["errors"][number],
  "message" | "code" | "type" | "param" | "retryAfter"
>;

export const errorTable = {
  invalid_recipient: {
    status: 400,
    message: "Invalid Recipient",
    when: "`to` is missing, not a strict E.164 number, not a possible number, or permanently refused by the gateway.",
    operations: posts,
    retryable: false,
  },
  otp_invalid: {
    status: 400,
    message: "Otp Invalid",
    when: "`otp` is not a string of 4 to 10 digits; also a wrong code if the service is set to answer 400.",
    operations: ["verify-otp"],
    retryable: false,
    fields: ["attemptsRemaining"],
  },
  invalid_json: {
    status: 400,
    message: "Invalid Json",
    when: "The body is not JSON, or not a JSON object.",
    operations: posts,
    retryable: false,
  },
  invalid_parameter: {
    status: 400,
    message: "Invalid Parameter",
    when: "A bad `Idempotency-Key`, `locale` or `clientIp`; `param` names it.",
    operations: posts,
    retryable: false,
  },
  invalid_http: {
    status: 400,
    message: "Invalid Http",
    when: "The bytes received are not an HTTP request.",
    operations: "all",
    retryable: false,
  },
  invalid_credentials: {
    status: 401,
    message: "Invalid Credentials",
    when: "The access key or secret key is missing, wrong or revoked.",
    operations: "all",
    retryable: false,
  },
  invalid_request: {
    status: 401,
    message: "Invalid Request",
    when: "On send, `serviceId` is missing, malformed, unknown, or of another account.",
    operations: ["send-otp"],
    retryable: false,
  },
  recipient_blocked: {
    status: 403,
    message: "Recipient Blocked",
    when: "An operator's rule or the gateway refuses messages to this number; `reason` says which.",
    operations: ["send-otp", "resend-otp"],
    retryable: false,
    fields: ["reason", "decisionId"],
  },
  service_not_found: {
    status: 404,
    message: "Service Not Found",
    when: "The service is missing, malformed, unknown, archived, or of another account; on a send it is a 401.",
    operations: ["verify-otp", "resend-otp", "cancel-otp", "get-verification"],
    retryable: false,
  },
  otp_not_found: {
    status: 404,
    message: "Otp Not Found",
    when: "There is no OTP for `to` and `serviceId`, or it is already used or cancelled.",
    operations: ["verify-otp", "resend-otp", "cancel-otp"],
    retryable: false,
  },
  not_found: {
    status: 404,
    message: "Not Found",
    when: "No such path, or no such verification in this account.",
    operations: "all",
    retryable: false,
  },
  method_not_allowed: {
    status: 405,
    message: "Method Not Allowed",
    when: "The path exists, but not with this method; `Allow` names those it has.",
    operations: "all",
    retryable: false,
  },
  request_timeout: {
    status: 408,
    message: "Request Timeout",
    when: "The request did not arrive whole in time.",
    operations: "all",
    retryable: true,
  },
  otp_pending: {
    status: 409,
    message: "Otp Pending",
    when: "An earlier OTP for `to` and `serviceId` is still active; `resend-otp` sends it again. On resend, and on send if a resend is under way: a message is just being handed over; `Retry-After` says how long that can take.",
    operations: ["send-otp", "resend-otp"],
    retryable: false,
    fields: ["expiresAt"],
  },
  idempotency_in_progress: {
    status: 409,
    message: "Idempotency In Progress",
    when: "A request with this `Idempotency-Key` is still running.",
    operations: posts,
    retryable: true,
  },
  otp_expired: {
    status: 410,
    message: "Otp Expired",
    when: "The OTP exists, but has expired.",
    operations: ["verify-otp", "resend-otp"],
    retryable: false,
  },
  payload_too_large: {
    status: 413,
    message: "Payload Too Large",
    when: "The body is larger than 16 kB.",
    operations: posts,
    retryable: false,
  },
  unsupported_media_type: {
    status: 415,
    message: "Unsupported Media Type",
    when: "The body's `Content-Type` is not `application/json`.",
    operations: posts,
    retryable: false,
  },
  idempotency_key_reused: {
    status: 422,
    message: "Idempotency Key Reused",
    when: "This `Idempotency-Key` was used with another body.",
    operations: posts,
    retryable: false,
  },
  rate_limited: {
    status: 429,
    message: "Rate Limited",
    when: "Too many sends, or too many wrong codes: `limit` says which, `Retry-After` when the next request can succeed.",
    operations: ["send-otp", "verify-otp", "resend-otp"],
    retryable: true,
    fields: ["limit", "lockedUntil", "reason", "decisionId"],
  },
  headers_too_large: {
    status: 431,
    message: "Headers Too Large",
    when: "The request's headers are larger than 16 kB.",
    operations: "all",
    retryable: false,
  },
  internal_error: {
    status: 500,
    message: "Internal Error",
    when: "A fault of the server. Give the operator the `x-request-id`.",
    operations: "all",
    retryable: true,
  },
  provider_unavailable: {
    status: 500,
    message: "Provider Unavailable",
    when: "No gateway took the message. With `mayHaveBeenSent: true` one may have sent it nevertheless: verify still compares its code.",
    operations: ["send-otp", "resend-otp"],
    retryable: true,
    fields: ["mayHaveBeenSent"],
  },
  unavailable: {
    status: 503,
    message: "Unavailable",
    when: "The store cannot be reached, or the server is stopping.",
    operations: "all",
    retryable: true,
  },
} as const satisfies Record<string, ErrorRow>;

/** The name of an error, as it travels in `type`. */
export type ErrorType = keyof typeof errorTable;

export const errorTypes = Object.keys(errorTable) as readonly ErrorType[];

/** The row of a type, with the widened types that generic code wants. */
export function errorRow(type: ErrorType): ErrorRow {
  return errorTable[type];
}

/** The types that an operation can answer, in the table's order. */
export function errorTypesOf(operation: Operation): ErrorType[] {
  return errorTypes.filter((type) => {
    const { operations } = errorRow(type);
    return operations === "all" || operations.includes(operation);
  });
}
