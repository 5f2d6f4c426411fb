/** Which class stands for which `type`; `api-errors.test.ts` compares it with the contract's table. */
import {
  type ApiError,
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
import { errorMessage, errorStatus } from "./error-status.ts";
import type { ErrorDetails } from "./errors.ts";
import type { ErrorType } from "./types.ts";
import type { SyntaxFault } from "./validation.ts";

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

/** An error of the class of its type, with the status of its type. */
export function apiError(type: ErrorType, hint: string, details: Omit<ErrorDetails, "type">): ApiError {
  const message = hint ? `${errorMessage(type)}: ${hint}` : errorMessage(type);
  const status = errorStatus[type];
  return new apiErrors[type](message, { status, code: status, ...details, type });
}

/** The error that the server would answer to a malformed argument. */
export function faultError({ type, param, hint }: SyntaxFault): ApiError {
  return apiError(type, hint, { param });
}
