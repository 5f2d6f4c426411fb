export { AntrykClient } from "./client.ts";
export {
  AbortError,
  AntrykError,
  ApiError,
  type ClientErrorType,
  ConfigurationError,
  ConnectionError,
  type ErrorDetails,
  type ErrorName,
  TimeoutError,
} from "./errors.ts";
export * from "./generated/api-errors.ts";
export type { ErrorType } from "./generated/error-rows.ts";
export type { Logger, LogLevel } from "./logging.ts";
export { normalizeOtp } from "./normalize-otp.ts";
export type { CallOptions, ClientOptions, Credential } from "./options.ts";
export type { Reply, ReplyPromise, ResponseInfo } from "./reply-promise.ts";
export type { Sms } from "./sms.ts";
export type { AbortSignalLike, Fetch, FetchInit, FetchResponse } from "./transport/types.ts";
export type * from "./types.ts";
export { version } from "./version.ts";
export { type WebhookEvent, type WebhookHeaders, WebhookVerificationError, webhooks } from "./webhooks.ts";
