import type { Logger, LogLevel } from "./logging.ts";
import type { AbortSignalLike, Fetch } from "./transport/types.ts";

/** A credential, or a function that gives the one that is valid now; it is asked once per call. */
export type Credential = string | (() => string | Promise<string>);

/** What `new AntrykClient()` takes. An unknown name is refused with a `ConfigurationError`. */
export interface ClientOptions {
  /** Access key of the account. Default: the environment variable `ANTRYK_ACCESS_KEY`. */
  accessKey?: Credential | undefined;
  /** Secret key that belongs to the access key. Default: the environment variable `ANTRYK_SECRET_KEY`. */
  secretKey?: Credential | undefined;
  /**
   * Where your server is, such as `https://otp.example.com`; a path before `/api/v1/sms` is kept. Required: no host is
   * built in. Default: the environment variable `ANTRYK_BASE_URL`.
   */
  baseUrl?: string | undefined;
  /** Milliseconds that one attempt may take, its reply's body included. Default 15,000. No environment variable. */
  timeoutMs?: number | undefined;
  /** Milliseconds that a whole call may take: attempts, waits and credential functions. Default 40,000. No environment variable. */
  totalTimeoutMs?: number | undefined;
  /** Attempts after the first one, 0 to 10. Default 2. No environment variable. */
  maxRetries?: number | undefined;
  /** Used for every request in place of the package's own transport. It must not follow redirects when told `manual`. */
  fetch?: Fetch | undefined;
  /** Takes what is logged; no line holds a number, a code or a credential. Default `console`. */
  logger?: Logger | undefined;
  /** The least level that is logged: `debug`, `info`, `warn`, `error` or `off`. Default `warn`. */
  logLevel?: LogLevel | undefined;
}

/** The second argument of every method. An unknown name is refused with a `ConfigurationError`. */
export interface CallOptions {
  /**
   * Names the action, so that it happens once however often it is asked: 1 to 255 visible ASCII characters. Default: a
   * new UUID for each call, kept for its retries. Give your own where your code may repeat the call itself.
   */
  idempotencyKey?: string | undefined;
  /** Ends the call, a wait between attempts included, with an `AbortError`. */
  signal?: AbortSignalLike | undefined;
  /** As the client's `timeoutMs`, for this call. */
  timeoutMs?: number | undefined;
  /** As the client's `maxRetries`, for this call. */
  maxRetries?: number | undefined;
  /** Further request headers, such as `x-request-id`. Those that the package sets itself are refused. */
  headers?: Record<string, string> | undefined;
}
