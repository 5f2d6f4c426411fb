import type { ErrorType } from "../generated/error-rows.ts";
import type { BlockedReason, LimitName } from "../types.ts";

/** At most `count` in any span of `windowMs`. */
export interface FakeLimit {
  count: number;
  windowMs: number;
}

/** Options of `new FakeAntryk()`; the defaults are the server's. */
export interface FakeOptions {
  /** The services that exist. Default: one. */
  serviceIds?: readonly string[];
  /** Default `fake-access-key`. */
  accessKey?: string;
  /** Default `fake-secret-key`. */
  secretKey?: string;
  /** Digits of a code, 4 to 10. Default 6. */
  codeLength?: number;
  /** Life of a code in seconds. Default 300. */
  ttlSeconds?: number;
  /** Wrong codes compared per OTP. Default 5. */
  maxAttempts?: number;
  /** Default `valid_false`, as 200; else 400. */
  wrongCode?: "valid_false" | "otp_invalid";
  /** Sends and resends per service and recipient. Default 3 in 15 minutes and 10 a day. */
  recipientLimits?: readonly FakeLimit[];
  /** Fixed codes by number: no message is kept for such a number, and replies have `data.test`. Default: none. */
  testNumbers?: Readonly<Record<string, string>>;
  /** The clock's time at first. Default: now. */
  now?: Date;
}

/** Options of `failNext`. */
export interface FailOptions {
  /** Default 1. The client's own retries are requests too. */
  times?: number;
  /** `Retry-After`. Default: 1 if the same request may succeed later. */
  retryAfterSeconds?: number;
  /** The body's `param`. */
  param?: string;
  /**
   * Of `provider_unavailable`. `true`: the request is carried out, and it is not known whether the message left. Its
   * code verifies, and the next send is not refused and says the same code. Default `false`.
   */
  mayHaveBeenSent?: boolean;
  /** The body's `limit`, of `rate_limited`. */
  limit?: LimitName;
  /** The body's `reason`, of `recipient_blocked`. */
  reason?: BlockedReason;
}

export type FakeFailure = ErrorType | "connection_error";
