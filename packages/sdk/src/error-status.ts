/** What is known of each `type` without its class; `api-errors.test.ts` compares it with the contract's table. */
import type { ErrorType } from "./types.ts";

export const errorStatus: { readonly [type in ErrorType]: number } = {
  invalid_recipient: 400,
  otp_invalid: 400,
  invalid_json: 400,
  invalid_parameter: 400,
  invalid_http: 400,
  invalid_credentials: 401,
  invalid_request: 401,
  recipient_blocked: 403,
  service_not_found: 404,
  otp_not_found: 404,
  not_found: 404,
  method_not_allowed: 405,
  request_timeout: 408,
  otp_pending: 409,
  idempotency_in_progress: 409,
  otp_expired: 410,
  payload_too_large: 413,
  unsupported_media_type: 415,
  idempotency_key_reused: 422,
  rate_limited: 429,
  headers_too_large: 431,
  internal_error: 500,
  provider_unavailable: 500,
  unavailable: 503,
};

/** Whether this version knows the type. */
export function isErrorType(type: unknown): type is ErrorType {
  return typeof type === "string" && Object.hasOwn(errorStatus, type);
}

/** A type's words in title case: the message that the server sends with it. */
export function errorMessage(type: ErrorType): string {
  return type.replace(/(^|_)([a-z])/g, (_all, gap: string, letter: string) => (gap && " ") + letter.toUpperCase());
}
