// One class per `type` of the contract's table; `api-errors.test.ts` keeps them equal to it, the README has when each is thrown.
import { AntrykError } from "./errors.ts";

/**
 * The server answered, not with success. Of this class itself: a `type` unknown to this version, and `unexpected_reply`
 * where the answer is not Antryk's.
 */
export class ApiError extends AntrykError {
  /** @internal */
  static override readonly kind: string = "ApiError";
}

export class InvalidRecipientError extends ApiError {
  /** @internal */
  static override readonly kind: string = "InvalidRecipientError";
  declare readonly type: "invalid_recipient";
}

export class OtpInvalidError extends ApiError {
  /** @internal */
  static override readonly kind: string = "OtpInvalidError";
  declare readonly type: "otp_invalid";
}

export class InvalidJsonError extends ApiError {
  /** @internal */
  static override readonly kind: string = "InvalidJsonError";
  declare readonly type: "invalid_json";
}

export class InvalidParameterError extends ApiError {
  /** @internal */
  static override readonly kind: string = "InvalidParameterError";
  declare readonly type: "invalid_parameter";
}

export class InvalidHttpError extends ApiError {
  /** @internal */
  static override readonly kind: string = "InvalidHttpError";
  declare readonly type: "invalid_http";
}

export class InvalidCredentialsError extends ApiError {
  /** @internal */
  static override readonly kind: string = "InvalidCredentialsError";
  declare readonly type: "invalid_credentials";
}

export class InvalidRequestError extends ApiError {
  /** @internal */
  static override readonly kind: string = "InvalidRequestError";
  declare readonly type: "invalid_request";
}

export class RecipientBlockedError extends ApiError {
  /** @internal */
  static override readonly kind: string = "RecipientBlockedError";
  declare readonly type: "recipient_blocked";
}

export class ServiceNotFoundError extends ApiError {
  /** @internal */
  static override readonly kind: string = "ServiceNotFoundError";
  declare readonly type: "service_not_found";
}

export class OtpNotFoundError extends ApiError {
  /** @internal */
  static override readonly kind: string = "OtpNotFoundError";
  declare readonly type: "otp_not_found";
}

export class NotFoundError extends ApiError {
  /** @internal */
  static override readonly kind: string = "NotFoundError";
  declare readonly type: "not_found";
}

export class MethodNotAllowedError extends ApiError {
  /** @internal */
  static override readonly kind: string = "MethodNotAllowedError";
  declare readonly type: "method_not_allowed";
}

export class RequestTimeoutError extends ApiError {
  /** @internal */
  static override readonly kind: string = "RequestTimeoutError";
  declare readonly type: "request_timeout";
}

export class OtpPendingError extends ApiError {
  /** @internal */
  static override readonly kind: string = "OtpPendingError";
  declare readonly type: "otp_pending";
}

export class IdempotencyInProgressError extends ApiError {
  /** @internal */
  static override readonly kind: string = "IdempotencyInProgressError";
  declare readonly type: "idempotency_in_progress";
}

export class OtpExpiredError extends ApiError {
  /** @internal */
  static override readonly kind: string = "OtpExpiredError";
  declare readonly type: "otp_expired";
}

export class PayloadTooLargeError extends ApiError {
  /** @internal */
  static override readonly kind: string = "PayloadTooLargeError";
  declare readonly type: "payload_too_large";
}

export class UnsupportedMediaTypeError extends ApiError {
  /** @internal */
  static override readonly kind: string = "UnsupportedMediaTypeError";
  declare readonly type: "unsupported_media_type";
}

export class IdempotencyKeyReusedError extends ApiError {
  /** @internal */
  static override readonly kind: string = "IdempotencyKeyReusedError";
  declare readonly type: "idempotency_key_reused";
}

export class RateLimitedError extends ApiError {
  /** @internal */
  static override readonly kind: string = "RateLimitedError";
  declare readonly type: "rate_limited";
}

export class HeadersTooLargeError extends ApiError {
  /** @internal */
  static override readonly kind: string = "HeadersTooLargeError";
  declare readonly type: "headers_too_large";
}

export class InternalError extends ApiError {
  /** @internal */
  static override readonly kind: string = "InternalError";
  declare readonly type: "internal_error";
}

export class ProviderUnavailableError extends ApiError {
  /** @internal */
  static override readonly kind: string = "ProviderUnavailableError";
  declare readonly type: "provider_unavailable";
}

export class UnavailableError extends ApiError {
  /** @internal */
  static override readonly kind: string = "UnavailableError";
  declare readonly type: "unavailable";
}
