/**
 * The errors that are not a reply of the server, and the root of all. No error of this package holds a header, a
 * credential or a one-time password: not in its message, its fields or its cause.
 */

const brand = Symbol.for("@antryk/sdk/error");

/** What an error can say beside its message. */
export interface ErrorDetails {
  /** The error's name in the contract, or one of this package's own. */
  readonly type: string;
  /** HTTP status of the reply. */
  readonly status?: number | undefined;
  /** The numeric `code` of the reply's body: the HTTP status again. */
  readonly code?: number | undefined;
  /** The server's `x-request-id`: tell it to the operator. */
  readonly requestId?: string | undefined;
  /** Milliseconds after which the same call can succeed. */
  readonly retryAfterMs?: number | undefined;
  /** The field, header or option that is at fault. */
  readonly param?: string | undefined;
  /** When the pending OTP's life is over, ISO 8601. */
  readonly expiresAt?: string | undefined;
  /** Wrong codes still allowed for this OTP, where the service answers 400 to a wrong code. */
  readonly attemptsRemaining?: number | undefined;
  /** What lies behind it, without secrets. */
  readonly cause?: unknown;
}

/**
 * The root of every error that this package throws. `instanceof` also holds for an error of another copy of the
 * package, as two versions in one `node_modules` tree make them.
 */
export class AntrykError extends Error {
  /** The class's name; minifiers do not change it. */
  static readonly kind: string = "AntrykError";

  declare readonly type: string;
  declare readonly status: number | undefined;
  declare readonly code: number | undefined;
  declare readonly requestId: string | undefined;
  declare readonly retryAfterMs: number | undefined;
  declare readonly param: string | undefined;
  declare readonly expiresAt: string | undefined;
  declare readonly attemptsRemaining: number | undefined;

  constructor(message: string, details: ErrorDetails) {
    const { cause, ...fields } = details;
    super(message, cause === undefined ? undefined : { cause });
    const kinds: string[] = [];
    for (let link: unknown = new.target; typeof link === "function" && link !== Error; link = Object.getPrototypeOf(link)) {
      if (Object.hasOwn(link, "kind")) kinds.push((link as typeof AntrykError).kind);
    }
    Object.defineProperty(this, "name", { value: kinds[0], configurable: true, writable: true });
    Object.defineProperty(this, brand, { value: kinds });
    for (const [name, value] of Object.entries(fields)) {
      if (value !== undefined) Object.defineProperty(this, name, { value, enumerable: true, configurable: true });
    }
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: it is the class on the right of `instanceof` that is asked.
    return isInstance(this, value);
  }

  /** Everything but stack and cause, for loggers that print JSON. */
  toJSON(): Record<string, unknown> {
    return Object.fromEntries([["name", this.name], ["message", this.message], ...Object.entries(this)]);
  }
}

function isInstance(asked: typeof AntrykError, value: unknown): boolean {
  // A user's own subclass has no `kind` of its own: there only the prototype chain tells.
  if (!Object.hasOwn(asked, "kind")) return Function.prototype[Symbol.hasInstance].call(asked, value);
  if (typeof value !== "object" || value === null) return false;
  const kinds = (value as { [brand]?: unknown })[brand];
  return Array.isArray(kinds) && kinds.includes(asked.kind);
}

/** No whole reply came: refused, reset, cut off, or a name that does not resolve. `type` is `connection_error`. */
export class ConnectionError extends AntrykError {
  static override readonly kind: string = "ConnectionError";
}

/** No whole reply came within `timeoutMs`, or the call did not end within `totalTimeoutMs`. `type` is `timeout`. */
export class TimeoutError extends ConnectionError {
  static override readonly kind: string = "TimeoutError";
}

/** The call's `signal` was aborted. `type` is `aborted`; `cause` is the signal's reason. */
export class AbortError extends AntrykError {
  static override readonly kind: string = "AbortError";
}

/** A mistake in the program that uses the package: an option missing, malformed or unknown. `type` is `configuration_error`. */
export class ConfigurationError extends AntrykError {
  static override readonly kind: string = "ConfigurationError";

  constructor(message: string, param?: string, cause?: unknown) {
    super(message, { type: "configuration_error", param, cause });
  }
}
