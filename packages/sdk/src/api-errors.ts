/** One class per `type` of the contract's table; `api-errors.test.ts` keeps them equal to it. */
import { AntrykError } from "./errors.ts";

/**
 * The server answered, but not with success. Of this class itself are a `type` that this version does not know, and
 * `unexpected_reply`: what answered is not Antryk.
 */
export class ApiError extends AntrykError {
  /** @internal */
  static override readonly kind: string = "ApiError";
}

/** HTTP 400. */
export class InvalidRecipientError extends ApiError {
  /** @internal */
  static override readonly kind: string = "InvalidRecipientError";
  declare readonly type: "invalid_recipient";
}

/** HTTP 400. */
export class OtpInvalidError extends ApiError {
  /** @internal */
  static override readonly kind: string = "OtpInvalidError";
  declare readonly type: "otp_invalid";
}

/** HTTP 400. */
export class InvalidJsonError extends ApiError {
  /** @internal */
  static override readonly kind: string = "InvalidJsonError";
  declare readonly type: "invalid_json";
}

/** HTTP 400. */
export class InvalidParameterError extends ApiError {
  /** @internal */
  static override readonly kind: string = "InvalidParameterError";
  declare readonly type: "invalid_parameter";
}

/** HTTP 400. */
export class InvalidHttpError extends ApiError {
  /** @internal */
  static override readonly kind: string = "InvalidHttpError";
  declare readonly type: "invalid_http";
}

/** HTTP 401. */
export class InvalidCredentialsError extends ApiError {
  /** @internal */
  static override readonly kind: string = "InvalidCredentialsError";
  declare readonly type: "invalid_credentials";
}

/** HTTP 401. */
export class InvalidRequestError extends ApiError {
  /** @internal */
  static override readonly kind: string = "InvalidRequestError";
  declare readonly type: "invalid_request";
}

/** HTTP 403. */
export class RecipientBlockedError extends ApiError {
  /** @internal */
  static override readonly kind: string = "RecipientBlockedError";
  declare readonly type: "recipient_blocked";
}

/** HTTP 404. */
export class ServiceNotFoundError extends ApiError {
  /** @internal */
  static override readonly kind: string = "ServiceNotFoundError";
  declare readonly type: "service_not_found";
}

/** HTTP 404. */
export class OtpNotFoundError extends ApiError {
  /** @internal */
  static override readonly kind: string = "OtpNotFoundError";
  declare readonly type: "otp_not_found";
}

/** HTTP 404. */
export class NotFoundError extends ApiError {
  /** @internal */
  static override readonly kind: string = "NotFoundError";
  declare readonly type: "not_found";
}

/** HTTP 405. */
export class MethodNotAllowedError extends ApiError {
  /** @internal */
  static override readonly kind: string = "MethodNotAllowedError";
  declare readonly type: "method_not_allowed";
}

/** HTTP 408. */
export class RequestTimeoutError extends ApiError {
  /** @internal */
  static override readonly kind: string = "RequestTimeoutError";
  declare readonly type: "request_timeout";
}

/** HTTP 409. */
export class OtpPendingError extends ApiError {
  /** @internal */
  static override readonly kind: string = "OtpPendingError";
  declare readonly type: "otp_pending";
}

/** HTTP 409. */
export class IdempotencyInProgressError extends ApiError {
  /** @internal */
  static override readonly kind: string = "IdempotencyInProgressError";
  declare readonly type: "idempotency_in_progress";
}

/** HTTP 410. */
export class OtpExpiredError extends ApiError {
  /** @internal */
  static override readonly kind: string = "OtpExpiredError";
  declare readonly type: "otp_expired";
}

/** HTTP 413. */
export class PayloadTooLargeError extends ApiError {
  /** @internal */
  static override readonly kind: string = "PayloadTooLargeError";
  declare readonly type: "payload_too_large";
}

/** HTTP 415. */
export class UnsupportedMediaTypeError extends ApiError {
  /** @internal */
  static override readonly kind: string = "UnsupportedMediaTypeError";
  declare readonly type: "unsupported_media_type";
}

/** HTTP 422. */
export class IdempotencyKeyReusedError extends ApiError {
  /** @internal */
  static override readonly kind: string = "IdempotencyKeyReusedError";
  declare readonly type: "idempotency_key_reused";
}

/** HTTP 429. */
export class RateLimitedError extends ApiError {
  /** @internal */
  static override readonly kind: string = "RateLimitedError";
  declare readonly type: "rate_limited";
}

/** HTTP 431. */
export class HeadersTooLargeError extends ApiError {
  /** @internal */
  static override readonly kind: string = "HeadersTooLargeError";
  declare readonly type: "headers_too_large";
}

/** HTTP 500. */
export class InternalError extends ApiError {
  /** @internal */
  static override readonly kind: string = "InternalError";
  declare readonly type: "internal_error";
}

/** HTTP 500. */
export class ProviderUnavailableError extends ApiError {
  /** @internal */
  static override readonly kind: string = "ProviderUnavailableError";
  declare readonly type: "provider_unavailable";
}

/** HTTP 503. */
export class UnavailableError extends ApiError {
  /** @internal */
  static override readonly kind: string = "UnavailableError";
  declare readonly type: "unavailable";
}
