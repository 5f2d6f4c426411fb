/** The retry policy, as pure functions. All waits are in milliseconds. */

/** What decides whether a failed attempt is repeated. */
export interface Failure {
  /** HTTP status; `undefined` if no whole reply came. */
  readonly status: number | undefined;
  readonly type: string;
  /** What the server says in `x-should-retry`. */
  readonly shouldRetry: string | undefined;
  /** From `Retry-After`. */
  readonly retryAfterMs: number | undefined;
}

/**
 * A `Retry-After` longer than this is not waited for: the error is thrown at once and says how long it would be. It is
 * longer than a send's lease (13 s), the most that `idempotency_in_progress` asks for.
 */
export const longestRetryAfterMs = 15_000;

/** Whether the same request, with the same idempotency key, may succeed when it is sent again. */
export function isRetryable(failure: Failure): boolean {
  if (failure.shouldRetry === "true") return true;
  if (failure.shouldRetry === "false") return false;
  if (failure.status === undefined) return true;
  return (
    failure.status === 408 ||
    failure.status === 429 ||
    failure.status >= 500 ||
    failure.type === "idempotency_in_progress"
  );
}

/** `min(8 s, 0.5 s · 2^retry) · (1 − 0.25 U)` with U uniform in [0, 1); `retry` counts from 0. */
export function backoffMs(retry: number, random: () => number = Math.random): number {
  return Math.min(8_000, 500 * 2 ** retry) * (1 - 0.25 * random());
}

/** How long to wait before the next attempt, or `undefined` to throw. `retry` is the number of retries already made. */
export function waitBeforeRetry(
  failure: Failure,
  retry: number,
  maxRetries: number,
  random?: () => number,
): number | undefined {
  if (retry >= maxRetries || !isRetryable(failure)) return undefined;
  const asked = failure.retryAfterMs ?? 0;
  return asked > longestRetryAfterMs ? undefined : Math.max(asked, backoffMs(retry, random));
}

/** Reads `Retry-After`, seconds or an HTTP date; anything else is `undefined`. */
export function parseRetryAfter(value: string | undefined, nowMs: number = Date.now()): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d+(\.\d+)?$/.test(value)) return Number(value) * 1000;
  const at = /^[A-Z][a-z]{2},/.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}
