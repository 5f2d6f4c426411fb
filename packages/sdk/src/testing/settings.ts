import type { ErrorType } from "../types.ts";

/** At most `count` in any span of `windowMs`. */
export interface FakeLimit {
  count: number;
  windowMs: number;
}

/** What `new FakeAntryk()` takes; every default is the server's. */
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
  /** How a wrong code is answered: 200 with `valid: false` (the default), or 400 `otp_invalid`. */
  wrongCode?: "valid_false" | "otp_invalid";
  /** Sends and resends per service and recipient. Default 3 in 15 minutes and 10 a day. */
  recipientLimits?: readonly FakeLimit[];
  /** Where the clock stands at first. Default: now. */
  now?: Date;
}

/** How an error on demand is answered. */
export interface FailOptions {
  /** How many requests fail. Default 1. The client's own retries are requests too. */
  times?: number;
  /** `Retry-After` in whole seconds. Default: 1 where the same request may succeed later, else none. */
  retryAfterSeconds?: number;
  /** The body's `param`. */
  param?: string;
}

/** What can be asked of `failNext`: an error row of the contract, or a connection that breaks. */
export type FakeFailure = ErrorType | "connection_error";

const minuteMs = 60_000;
const dayMs = 86_400_000;

/** The server's defaults; `fake.test.ts` compares them with the contract. */
export const fakeDefaults = {
  codeLength: 6,
  ttlSeconds: 300,
  maxAttempts: 5,
  recipientLimits: [
    { count: 3, windowMs: 15 * minuteMs },
    { count: 10, windowMs: dayMs },
  ] as readonly FakeLimit[],
  recipientTries: { count: 10, windowMs: 15 * minuteMs } as FakeLimit,
  wrongCodes: { count: 15, windowMs: dayMs } as FakeLimit,
  resendCooldownSeconds: [30, 60, 120, 240] as readonly number[],
  endedOtpMs: dayMs,
  sendReplyMs: dayMs,
  verifyReplyMs: 10 * minuteMs,
  bodyBytes: 16_384,
} as const;

/** The errors after which the same request may succeed; `fake.test.ts` compares them with the contract. */
export const retryableTypes: readonly ErrorType[] = [
  "request_timeout",
  "idempotency_in_progress",
  "rate_limited",
  "internal_error",
  "provider_unavailable",
  "unavailable",
];
