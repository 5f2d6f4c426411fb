// Made from packages/contract/src/errors.ts by `npm run generate`; what is written here by hand is lost.

/** The name of an error of the server. */
export type ErrorType =
  | "invalid_recipient"
  | "otp_invalid"
  | "invalid_json"
  | "invalid_parameter"
  | "invalid_http"
  | "invalid_credentials"
  | "invalid_request"
  | "recipient_blocked"
  | "service_not_found"
  | "otp_not_found"
  | "not_found"
  | "method_not_allowed"
  | "request_timeout"
  | "otp_pending"
  | "idempotency_in_progress"
  | "otp_expired"
  | "payload_too_large"
  | "unsupported_media_type"
  | "idempotency_key_reused"
  | "rate_limited"
  | "headers_too_large"
  | "internal_error"
  | "provider_unavailable"
  | "unavailable";

/** What is known of each type: its HTTP status, and whether the same request may succeed later. */
export const errorRows: { readonly [type in ErrorType]: { readonly status: number; readonly retryable: boolean } } = {
  invalid_recipient: { status: 400, retryable: false },
  otp_invalid: { status: 400, retryable: false },
  invalid_json: { status: 400, retryable: false },
  invalid_parameter: { status: 400, retryable: false },
  invalid_http: { status: 400, retryable: false },
  invalid_credentials: { status: 401, retryable: false },
  invalid_request: { status: 401, retryable: false },
  recipient_blocked: { status: 403, retryable: false },
  service_not_found: { status: 404, retryable: false },
  otp_not_found: { status: 404, retryable: false },
  not_found: { status: 404, retryable: false },
  method_not_allowed: { status: 405, retryable: false },
  request_timeout: { status: 408, retryable: true },
  otp_pending: { status: 409, retryable: false },
  idempotency_in_progress: { status: 409, retryable: true },
  otp_expired: { status: 410, retryable: false },
  payload_too_large: { status: 413, retryable: false },
  unsupported_media_type: { status: 415, retryable: false },
  idempotency_key_reused: { status: 422, retryable: false },
  rate_limited: { status: 429, retryable: true },
  headers_too_large: { status: 431, retryable: false },
  internal_error: { status: 500, retryable: true },
  provider_unavailable: { status: 500, retryable: true },
  unavailable: { status: 503, retryable: true },
};
