/** One class per `type` of the contract's table; `api-errors.test.ts` keeps them equal to it. */
import { AntrykError } from "./errors.ts";

/**
 * The server answered, but not with success. Its subclasses are the named errors; an error of this class itself has a
 * `type` that this version does not know, or `unexpected_reply` where what answered is not Antryk (a proxy, a redirect).
 */
export class ApiError extends AntrykError {
  static override readonly kind: string = "ApiError";
}

/** 400 `invalid_recipient`: `to` is missing, not a strict E.164 number, not a possible number, or permanently refused by the gateway. */
export class InvalidRecipientError extends ApiError {
  static override readonly kind: string = "InvalidRecipientError";
  declare readonly type: "invalid_recipient";
}

/** 400 `otp_invalid`: `otp` is not a string of 4 to 10 digits; also a wrong code where the service is set to answer 400. */
export class OtpInvalidError extends ApiError {
  static override readonly kind: string = "OtpInvalidError";
  declare readonly type: "otp_invalid";
}

/** 400 `invalid_json`: the body is not JSON, or not a JSON object. */
export class InvalidJsonError extends ApiError {
  static override readonly kind: string = "InvalidJsonError";
  declare readonly type: "invalid_json";
}

/** 400 `invalid_parameter`: a bad `Idempotency-Key`, `locale` or `clientIp`; `param` names it. */
export class InvalidParameterError extends ApiError {
  static override readonly kind: string = "InvalidParameterError";
  declare readonly type: "invalid_parameter";
}

/** 400 `invalid_http`: the bytes received are not an HTTP request. */
export class InvalidHttpError extends ApiError {
  static override readonly kind: string = "InvalidHttpError";
  declare readonly type: "invalid_http";
}

/** 401 `invalid_credentials`: the access key or secret key is missing, wrong or revoked. */
export class InvalidCredentialsError extends ApiError {
  static override readonly kind: string = "InvalidCredentialsError";
  declare readonly type: "invalid_credentials";
}

/** 401 `invalid_request`: on send, `serviceId` is missing, malformed, unknown, or of another account. */
export class InvalidRequestError extends ApiError {
  static override readonly kind: string = "InvalidRequestError";
  declare readonly type: "invalid_request";
}

/** 403 `recipient_blocked`: an operator's rule or the gateway refuses messages to this number. */
export class RecipientBlockedError extends ApiError {
  static override readonly kind: string = "RecipientBlockedError";
  declare readonly type: "recipient_blocked";
}

/** 404 `service_not_found`: on verify, resend and cancel, `serviceId` is missing, malformed, unknown, or of another account. */
export class ServiceNotFoundError extends ApiError {
  static override readonly kind: string = "ServiceNotFoundError";
  declare readonly type: "service_not_found";
}

/** 404 `otp_not_found`: there is no OTP for `to` and `serviceId`, or it is already used or cancelled. */
export class OtpNotFoundError extends ApiError {
  static override readonly kind: string = "OtpNotFoundError";
  declare readonly type: "otp_not_found";
}

/** 404 `not_found`: no such path, or no such verification in this account. */
export class NotFoundError extends ApiError {
  static override readonly kind: string = "NotFoundError";
  declare readonly type: "not_found";
}

/** 405 `method_not_allowed`: the path exists, but not with this method. */
export class MethodNotAllowedError extends ApiError {
  static override readonly kind: string = "MethodNotAllowedError";
  declare readonly type: "method_not_allowed";
}

/** 408 `request_timeout`: the request did not arrive whole in time. */
export class RequestTimeoutError extends ApiError {
  static override readonly kind: string = "RequestTimeoutError";
  declare readonly type: "request_timeout";
}

/** 409 `otp_pending`: an earlier OTP for `to` and `serviceId` is still active; `resendOtp` sends it again. */
export class OtpPendingError extends ApiError {
  static override readonly kind: string = "OtpPendingError";
  declare readonly type: "otp_pending";
}

/** 409 `idempotency_in_progress`: a request with this `Idempotency-Key` is still running. */
export class IdempotencyInProgressError extends ApiError {
  static override readonly kind: string = "IdempotencyInProgressError";
  declare readonly type: "idempotency_in_progress";
}

/** 410 `otp_expired`: the OTP exists and its life is over. */
export class OtpExpiredError extends ApiError {
  static override readonly kind: string = "OtpExpiredError";
  declare readonly type: "otp_expired";
}

/** 413 `payload_too_large`: the body is larger than 16 kB. */
export class PayloadTooLargeError extends ApiError {
  static override readonly kind: string = "PayloadTooLargeError";
  declare readonly type: "payload_too_large";
}

/** 415 `unsupported_media_type`: the body's `Content-Type` is not `application/json`. */
export class UnsupportedMediaTypeError extends ApiError {
  static override readonly kind: string = "UnsupportedMediaTypeError";
  declare readonly type: "unsupported_media_type";
}

/** 422 `idempotency_key_reused`: this `Idempotency-Key` was used with another body. */
export class IdempotencyKeyReusedError extends ApiError {
  static override readonly kind: string = "IdempotencyKeyReusedError";
  declare readonly type: "idempotency_key_reused";
}

/** 429 `rate_limited`: too many sends, or too many wrong codes; `retryAfterMs` tells when the next try can succeed. */
export class RateLimitedError extends ApiError {
  static override readonly kind: string = "RateLimitedError";
  declare readonly type: "rate_limited";
}

/** 431 `headers_too_large`: the request's headers are larger than 16 kB. */
export class HeadersTooLargeError extends ApiError {
  static override readonly kind: string = "HeadersTooLargeError";
  declare readonly type: "headers_too_large";
}

/** 500 `internal_error`: a fault of the server. Tell the operator the `requestId`. */
export class InternalError extends ApiError {
  static override readonly kind: string = "InternalError";
  declare readonly type: "internal_error";
}

/** 500 `provider_unavailable`: every gateway failed or is out, or whether the message left is unknown. */
export class ProviderUnavailableError extends ApiError {
  static override readonly kind: string = "ProviderUnavailableError";
  declare readonly type: "provider_unavailable";
}

/** 503 `unavailable`: the store cannot be reached, or the server is stopping. */
export class UnavailableError extends ApiError {
  static override readonly kind: string = "UnavailableError";
  declare readonly type: "unavailable";
}
