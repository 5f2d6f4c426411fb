/**
 * Numbers that make a service whose gateway is the sandbox answer as a real one may: one for each error that depends on
 * the recipient, and one for each status of a receipt. The fake of the SDK knows the same.
 *
 * They are +1, an area code, 555, and one of the lines below. The lines 0100 to 0199 of 555 are set aside for fiction in
 * every area code, so they belong to no person (en.wikipedia.org/wiki/555_(telephone_number)). The area code may be any
 * geographic one, so a test takes a number that no other has used.
 */
import type { ErrorType } from "./errors.ts";
import type { DeliveryAttempt } from "./schemas.ts";

/** What a sandbox number does. */
export interface SandboxNumber {
  /** The operation that is answered in another way than usual. */
  readonly operation: "send-otp" | "verify-otp";
  /** Left out: a send is answered 200. */
  readonly error?: ErrorType;
  /** Of `provider_unavailable`. */
  readonly mayHaveBeenSent?: true;
  /** What the timeline says of the message's delivery. */
  readonly receipt?: NonNullable<DeliveryAttempt["receipt"]>["status"];
}

const onSend = { operation: "send-otp" } as const;
const onVerify = { operation: "verify-otp" } as const;

/** By the last four digits. */
export const sandboxLines = {
  "0160": { ...onSend, error: "invalid_recipient" },
  "0161": { ...onSend, error: "recipient_blocked" },
  "0162": { ...onSend, error: "otp_pending" },
  "0163": { ...onSend, error: "rate_limited" },
  "0164": { ...onSend, error: "provider_unavailable" },
  "0165": { ...onSend, error: "provider_unavailable", mayHaveBeenSent: true },
  "0166": { ...onSend, error: "internal_error" },
  "0167": { ...onSend, error: "unavailable" },
  "0170": { ...onVerify, error: "otp_invalid" },
  "0171": { ...onVerify, error: "otp_not_found" },
  "0172": { ...onVerify, error: "otp_expired" },
  "0173": { ...onVerify, error: "rate_limited" },
  "0180": { ...onSend, receipt: "queued" },
  "0181": { ...onSend, receipt: "sent" },
  "0182": { ...onSend, receipt: "delivered" },
  "0183": { ...onSend, receipt: "undelivered" },
  "0184": { ...onSend, receipt: "unknown" },
} as const satisfies Readonly<Record<string, SandboxNumber>>;

/** Toll-free and other codes without a place begin with 8 or end in 00, and have fewer such lines. */
export const sandboxPattern = /^\+1[2-79](?!00)\d\d555(01[678]\d)$/;

const lines: Readonly<Record<string, SandboxNumber>> = sandboxLines;

/** `undefined`: the number is one as any other. `to`: E.164. */
export function sandboxNumberOf(to: string): SandboxNumber | undefined {
  const line = sandboxPattern.exec(to)?.[1];
  return line === undefined ? undefined : lines[line];
}

/** Errors that no number can cause, and why. */
export const errorsWithoutNumber: Partial<Readonly<Record<ErrorType, string>>> = {
  invalid_json: "of the body",
  invalid_parameter: "of other fields",
  invalid_http: "of the bytes",
  invalid_credentials: "of the keys",
  invalid_request: "of the service",
  service_not_found: "of the service",
  not_found: "of the path",
  method_not_allowed: "of the method",
  request_timeout: "of the connection",
  idempotency_in_progress: "of the `Idempotency-Key`",
  payload_too_large: "of the body",
  unsupported_media_type: "of the body",
  idempotency_key_reused: "of the `Idempotency-Key`",
  headers_too_large: "of the headers",
};
