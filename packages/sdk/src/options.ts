import type { Logger, LogLevel } from "./logging.ts";
import type { AbortSignalLike, Fetch } from "./transport/types.ts";

/** A credential, or a function that gives it, asked once per call. */
export type Credential = string | (() => string | Promise<string>);

/** Options of `new AntrykClient()`. Unknown names are refused. */
export interface ClientOptions {
  /** Default: the environment variable `ANTRYK_ACCESS_KEY`. */
  accessKey?: Credential | undefined;
  /** Default: the environment variable `ANTRYK_SECRET_KEY`. */
  secretKey?: Credential | undefined;
  /**
   * Where your server is, without `/api/v1/sms`. Required, here or as the environment variable `ANTRYK_BASE_URL`.
   */
  baseUrl?: string | undefined;
  /** For one attempt with its whole reply. Default 15,000. */
  timeoutMs?: number | undefined;
  /** For the whole call with its waits. Default 40,000. */
  totalTimeoutMs?: number | undefined;
  /** Attempts after the first one, 0 to 10. Default 2. */
  maxRetries?: number | undefined;
  /** Used instead of the package's transport. */
  fetch?: Fetch | undefined;
  /** No line holds a number, a code or a credential. Default `console`. */
  logger?: Logger | undefined;
  /** Default `warn`. */
  logLevel?: LogLevel | undefined;
}

/** The second argument of every method. Unknown names are refused. */
export interface CallOptions {
  /**
   * Names the action, so that it happens once however often it is requested: 1 to 255 visible ASCII characters.
   * Default: a new one for each call, kept for its retries.
   */
  idempotencyKey?: string | undefined;
  /** Ends the call or its wait with an `AbortError`. */
  signal?: AbortSignalLike | undefined;
  /** Replaces the client's. */
  timeoutMs?: number | undefined;
  /** Replaces the client's. */
  maxRetries?: number | undefined;
  /** Further headers, such as `x-request-id`. */
  headers?: Record<string, string> | undefined;
}
