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
import type { ErrorDetails } from "./errors.ts";
import type { ErrorType } from "./types.ts";

/** What makes one of the named errors. */
export type ApiErrorClass = new (message: string, details: ErrorDetails) => ApiError;

/** HTTP status and class of each type. */
export const apiErrors: { readonly [type in ErrorType]: readonly [status: number, make: ApiErrorClass] } = {
  invalid_recipient: [400, InvalidRecipientError],
  otp_invalid: [400, OtpInvalidError],
  invalid_json: [400, InvalidJsonError],
  invalid_parameter: [400, InvalidParameterError],
  invalid_http: [400, InvalidHttpError],
  invalid_credentials: [401, InvalidCredentialsError],
  invalid_request: [401, InvalidRequestError],
  recipient_blocked: [403, RecipientBlockedError],
  service_not_found: [404, ServiceNotFoundError],
  otp_not_found: [404, OtpNotFoundError],
  not_found: [404, NotFoundError],
  method_not_allowed: [405, MethodNotAllowedError],
  request_timeout: [408, RequestTimeoutError],
  otp_pending: [409, OtpPendingError],
  idempotency_in_progress: [409, IdempotencyInProgressError],
  otp_expired: [410, OtpExpiredError],
  payload_too_large: [413, PayloadTooLargeError],
  unsupported_media_type: [415, UnsupportedMediaTypeError],
  idempotency_key_reused: [422, IdempotencyKeyReusedError],
  rate_limited: [429, RateLimitedError],
  headers_too_large: [431, HeadersTooLargeError],
  internal_error: [500, InternalError],
  provider_unavailable: [500, ProviderUnavailableError],
  unavailable: [503, UnavailableError],
};

/** Whether this version knows the type. */
export function isErrorType(type: unknown): type is ErrorType {
  return typeof type === "string" && Object.hasOwn(apiErrors, type);
}

/** A type's words in title case: the message that the server sends with it. */
export function errorMessage(type: ErrorType): string {
  return type.replace(/(^|_)([a-z])/g, (_all, gap: string, letter: string) => (gap && " ") + letter.toUpperCase());
}

/** An error of the class of its type. */
export function apiError(type: ErrorType, hint: string, details: Omit<ErrorDetails, "type">): ApiError {
  const [status, Make] = apiErrors[type];
  return new Make(hint ? `${errorMessage(type)}: ${hint}` : errorMessage(type), { status, code: status, ...details, type });
}
