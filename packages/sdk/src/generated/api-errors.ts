// Made from packages/contract/src/errors.ts by `npm run generate`; what is written here by hand is lost.
import { ApiError } from "../errors.ts";
import type { BlockedReason, LimitName } from "../types.ts";

/**
 * 400 `invalid_recipient`. `to` is missing, not a strict E.164 number, not a possible number, or permanently
 * refused by the gateway.
 */
export class InvalidRecipientError extends ApiError {
  /** @internal */
  static override readonly kind: string = "InvalidRecipientError";
  declare readonly type: "invalid_recipient";
}

/**
 * 400 `otp_invalid`. `otp` is not a string of 4 to 10 digits; also a wrong code if the service is set to answer
 * 400.
 */
export class OtpInvalidError extends ApiError {
  /** @internal */
  static override readonly kind: string = "OtpInvalidError";
  declare readonly type: "otp_invalid";
}

/** 400 `invalid_json`. The body is not JSON, or not a JSON object. */
export class InvalidJsonError extends ApiError {
  /** @internal */
  static override readonly kind: string = "InvalidJsonError";
  declare readonly type: "invalid_json";
}

/** 400 `invalid_parameter`. A bad `Idempotency-Key`, `locale` or `clientIp`; `param` names it. */
export class InvalidParameterError extends ApiError {
  /** @internal */
  static override readonly kind: string = "InvalidParameterError";
  declare readonly type: "invalid_parameter";
}

/** 400 `invalid_http`. The bytes received are not an HTTP request. */
export class InvalidHttpError extends ApiError {
  /** @internal */
  static override readonly kind: string = "InvalidHttpError";
  declare readonly type: "invalid_http";
}

/** 401 `invalid_credentials`. The access key or secret key is missing, wrong or revoked. */
export class InvalidCredentialsError extends ApiError {
  /** @internal */
  static override readonly kind: string = "InvalidCredentialsError";
  declare readonly type: "invalid_credentials";
}

/** 401 `invalid_request`. On send, `serviceId` is missing, malformed, unknown, or of another account. */
export class InvalidRequestError extends ApiError {
  /** @internal */
  static override readonly kind: string = "InvalidRequestError";
  declare readonly type: "invalid_request";
}

/**
 * 403 `recipient_blocked`. An operator's rule or the gateway refuses messages to this number; `reason` says
 * which.
 */
export class RecipientBlockedError extends ApiError {
  /** @internal */
  static override readonly kind: string = "RecipientBlockedError";
  declare readonly type: "recipient_blocked";
  /** Why it is refused. */
  declare readonly reason: BlockedReason | undefined;
  /** Give it to the operator, who can look it up. */
  declare readonly decisionId: string | undefined;
}

/**
 * 404 `service_not_found`. The service is missing, malformed, unknown, archived, or of another account; on a
 * send it is a 401.
 */
export class ServiceNotFoundError extends ApiError {
  /** @internal */
  static override readonly kind: string = "ServiceNotFoundError";
  declare readonly type: "service_not_found";
}

/** 404 `otp_not_found`. There is no OTP for `to` and `serviceId`, or it is already used or cancelled. */
export class OtpNotFoundError extends ApiError {
  /** @internal */
  static override readonly kind: string = "OtpNotFoundError";
  declare readonly type: "otp_not_found";
}

/** 404 `not_found`. No such path, or no such verification in this account. */
export class NotFoundError extends ApiError {
  /** @internal */
  static override readonly kind: string = "NotFoundError";
  declare readonly type: "not_found";
}

/** 405 `method_not_allowed`. The path exists, but not with this method; `Allow` names those it has. */
export class MethodNotAllowedError extends ApiError {
  /** @internal */
  static override readonly kind: string = "MethodNotAllowedError";
  declare readonly type: "method_not_allowed";
}

/** 408 `request_timeout`. The request did not arrive whole in time. */
export class RequestTimeoutError extends ApiError {
  /** @internal */
  static override readonly kind: string = "RequestTimeoutError";
  declare readonly type: "request_timeout";
}

/**
 * 409 `otp_pending`. An earlier OTP for `to` and `serviceId` is still active; `resend-otp` sends it again. On
 * resend, and on send if a resend is under way: a message is just being handed over; `Retry-After` says how long
 * that can take.
 */
export class OtpPendingError extends ApiError {
  /** @internal */
  static override readonly kind: string = "OtpPendingError";
  declare readonly type: "otp_pending";
}

/** 409 `idempotency_in_progress`. A request with this `Idempotency-Key` is still running. */
export class IdempotencyInProgressError extends ApiError {
  /** @internal */
  static override readonly kind: string = "IdempotencyInProgressError";
  declare readonly type: "idempotency_in_progress";
}

/** 410 `otp_expired`. The OTP exists, but has expired. */
export class OtpExpiredError extends ApiError {
  /** @internal */
  static override readonly kind: string = "OtpExpiredError";
  declare readonly type: "otp_expired";
}

/** 413 `payload_too_large`. The body is larger than 16 kB. */
export class PayloadTooLargeError extends ApiError {
  /** @internal */
  static override readonly kind: string = "PayloadTooLargeError";
  declare readonly type: "payload_too_large";
}

/** 415 `unsupported_media_type`. The body's `Content-Type` is not `application/json`. */
export class UnsupportedMediaTypeError extends ApiError {
  /** @internal */
  static override readonly kind: string = "UnsupportedMediaTypeError";
  declare readonly type: "unsupported_media_type";
}

/** 422 `idempotency_key_reused`. This `Idempotency-Key` was used with another body. */
export class IdempotencyKeyReusedError extends ApiError {
  /** @internal */
  static override readonly kind: string = "IdempotencyKeyReusedError";
  declare readonly type: "idempotency_key_reused";
}

/**
 * 429 `rate_limited`. Too many sends, or too many wrong codes: `limit` says which, `Retry-After` when the next
 * request can succeed.
 */
export class RateLimitedError extends ApiError {
  /** @internal */
  static override readonly kind: string = "RateLimitedError";
  declare readonly type: "rate_limited";
  /** Which limit refused. */
  declare readonly limit: LimitName | undefined;
  /** If `limit` is `otp` or `wrong_codes`: no code is compared before, ISO 8601. */
  declare readonly lockedUntil: string | undefined;
  /** Why it is refused. */
  declare readonly reason: BlockedReason | undefined;
  /** Give it to the operator, who can look it up. */
  declare readonly decisionId: string | undefined;
}

/** 431 `headers_too_large`. The request's headers are larger than 16 kB. */
export class HeadersTooLargeError extends ApiError {
  /** @internal */
  static override readonly kind: string = "HeadersTooLargeError";
  declare readonly type: "headers_too_large";
}

/** 500 `internal_error`. A fault of the server. Give the operator the `x-request-id`. */
export class InternalError extends ApiError {
  /** @internal */
  static override readonly kind: string = "InternalError";
  declare readonly type: "internal_error";
}

/**
 * 500 `provider_unavailable`. No gateway took the message. With `mayHaveBeenSent: true` one may have sent it
 * nevertheless: verify still compares its code.
 */
export class ProviderUnavailableError extends ApiError {
  /** @internal */
  static override readonly kind: string = "ProviderUnavailableError";
  declare readonly type: "provider_unavailable";
  /** `true`: a gateway may have sent the message nevertheless. Ask the user for the code; do not send again. */
  declare readonly mayHaveBeenSent: boolean | undefined;
}

/** 503 `unavailable`. The store cannot be reached, or the server is stopping. */
export class UnavailableError extends ApiError {
  /** @internal */
  static override readonly kind: string = "UnavailableError";
  declare readonly type: "unavailable";
}
