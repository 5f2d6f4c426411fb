/**
 * The root of all errors, and those that are not a named one of the server (`generated/api-errors.ts`). No error of
 * this package holds a header, a credential or a one-time password: not in its message, its fields or its cause.
 */

import type { ErrorType } from "./generated/error-rows.ts";
import type { LimitName } from "./types.ts";

const brand = Symbol.for("@antryk/sdk/error");

/**
 * The root of all errors. `instanceof` also holds across copies of this package.
 */
export class AntrykError extends Error {
  /** @internal The class's name; minifiers do not change it. */
  static readonly kind: string = "AntrykError";

  /** The error's name. */
  declare readonly type: ErrorName;
  /** HTTP status of the reply. */
  declare readonly status: number | undefined;
  /** The same number, as the reply's body has it. */
  declare readonly code: number | undefined;
  /** The server's `x-request-id`: give it to the operator. */
  declare readonly requestId: string | undefined;
  /** Milliseconds after which the same call can succeed. */
  declare readonly retryAfterMs: number | undefined;
  /** What is at fault: a field, header or option. */
  declare readonly param: string | undefined;
  /** When the pending OTP expires, ISO 8601. */
  declare readonly expiresAt: string | undefined;
  /** Wrong codes still allowed. */
  declare readonly attemptsRemaining: number | undefined;

  constructor(message: string, details: ErrorDetails) {
    const { cause, ...fields } = details;
    super(message, cause === undefined ? undefined : { cause });
    const kinds: string[] = [];
    for (
      let link: unknown = new.target;
      typeof link === "function" && link !== Error;
      link = Object.getPrototypeOf(link)
    ) {
      if (Object.hasOwn(link, "kind")) kinds.push((link as typeof AntrykError).kind);
    }
    Object.defineProperty(this, "name", { value: kinds[0], configurable: true, writable: true });
    Object.defineProperty(this, brand, { value: kinds });
    Object.assign(this, Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)));
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: it is the class on the right of `instanceof` that is asked.
    return isInstance(this, value);
  }

  /** All but stack and cause. */
  toJSON(): Record<string, unknown> {
    return Object.assign({ name: this.name, message: this.message }, this as Record<string, unknown>);
  }
}

function isInstance(asked: typeof AntrykError, value: unknown): boolean {
  // A user's subclass has no own `kind`: there only the prototype chain decides.
  if (!Object.hasOwn(asked, "kind")) return Function.prototype[Symbol.hasInstance].call(asked, value);
  if (typeof value !== "object" || value === null) return false;
  const kinds = (value as { [brand]?: unknown })[brand];
  return Array.isArray(kinds) && kinds.includes(asked.kind);
}

/**
 * Names of the errors that are made here. `unexpected_reply`: the answer is not Antryk's. `unknown_error`: an error of
 * a newer server, whose name is in `serverType`.
 */
export type ClientErrorType =
  | "connection_error"
  | "timeout"
  | "aborted"
  | "configuration_error"
  | "webhook_verification_failed"
  | "unexpected_reply"
  | "unknown_error";

/** Every `type` that an error of this package can have. */
export type ErrorName = ErrorType | ClientErrorType;

/** The fields of an error. */
export type ErrorDetails = Pick<AntrykError, "type"> &
  Partial<Omit<AntrykError, keyof Error | "type" | "toJSON">> & {
    readonly cause?: unknown;
    readonly serverType?: string | undefined;
    readonly limit?: LimitName | undefined;
    readonly lockedUntil?: string | undefined;
    readonly mayHaveBeenSent?: boolean | undefined;
    readonly reason?: string | undefined;
    readonly decisionId?: string | undefined;
  };

/**
 * The server answered with an error. Of this class itself: `unknown_error`, which this version has no class for, and
 * `unexpected_reply` if the answer is not Antryk's.
 */
export class ApiError extends AntrykError {
  /** @internal */
  static override readonly kind: string = "ApiError";
  /** The name that the server gave an `unknown_error`. */
  declare readonly serverType: string | undefined;
}

/** No whole reply came. `type` is `connection_error`. */
export class ConnectionError extends AntrykError {
  /** @internal */
  static override readonly kind: string = "ConnectionError";
}

/** `timeoutMs` or `totalTimeoutMs` ran out. `type` is `timeout`. */
export class TimeoutError extends ConnectionError {
  /** @internal */
  static override readonly kind: string = "TimeoutError";
}

/** The `signal` was aborted; `cause` is its reason. `type` is `aborted`. */
export class AbortError extends AntrykError {
  /** @internal */
  static override readonly kind: string = "AbortError";
}

/** An option is missing, malformed or unknown. `type` is `configuration_error`. */
export class ConfigurationError extends AntrykError {
  /** @internal */
  static override readonly kind: string = "ConfigurationError";

  constructor(message: string, param?: string, cause?: unknown) {
    super(message, { type: "configuration_error", param, cause });
  }
}
