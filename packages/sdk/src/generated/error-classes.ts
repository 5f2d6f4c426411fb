// Made from packages/contract/src/errors.ts by `npm run generate`; what is written here by hand is lost.
import type { ApiError, ErrorDetails } from "../errors.ts";
import {
  HeadersTooLargeError,
  IdempotencyInProgressError,
  IdempotencyKeyReusedError,
  InternalError,
  InvalidCredentialsError,
  InvalidHttpError,
  InvalidJsonError,
  InvalidParameterError,
  InvalidRecipientError,
  InvalidRequestError,
  MethodNotAllowedError,
  NotFoundError,
  OtpExpiredError,
  OtpInvalidError,
  OtpNotFoundError,
  OtpPendingError,
  PayloadTooLargeError,
  ProviderUnavailableError,
  RateLimitedError,
  RecipientBlockedError,
  RequestTimeoutError,
  ServiceNotFoundError,
  UnavailableError,
  UnsupportedMediaTypeError,
} from "./api-errors.ts";
import type { ErrorType } from "./error-rows.ts";

/** What makes one of the named errors. */
export type ApiErrorClass = new (message: string, details: ErrorDetails) => ApiError;

/** The class of each type. */
export const apiErrors: { readonly [type in ErrorType]: ApiErrorClass } = {
  invalid_recipient: InvalidRecipientError,
  otp_invalid: OtpInvalidError,
  invalid_json: InvalidJsonError,
  invalid_parameter: InvalidParameterError,
  invalid_http: InvalidHttpError,
  invalid_credentials: InvalidCredentialsError,
  invalid_request: InvalidRequestError,
  recipient_blocked: RecipientBlockedError,
  service_not_found: ServiceNotFoundError,
  otp_not_found: OtpNotFoundError,
  not_found: NotFoundError,
  method_not_allowed: MethodNotAllowedError,
  request_timeout: RequestTimeoutError,
  otp_pending: OtpPendingError,
  idempotency_in_progress: IdempotencyInProgressError,
  otp_expired: OtpExpiredError,
  payload_too_large: PayloadTooLargeError,
  unsupported_media_type: UnsupportedMediaTypeError,
  idempotency_key_reused: IdempotencyKeyReusedError,
  rate_limited: RateLimitedError,
  headers_too_large: HeadersTooLargeError,
  internal_error: InternalError,
  provider_unavailable: ProviderUnavailableError,
  unavailable: UnavailableError,
};
