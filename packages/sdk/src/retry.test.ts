import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sendBudget } from "@antryk/contract";
import { backoffMs, isRetryable, longestRetryAfterMs, parseRetryAfter, waitBeforeRetry } from "./retry.ts";
import fc from "./test-support/fast-check.ts";

describe("the retry policy", () => {
  it("waits min(8 s, 0.5 s · 2^n) · (1 − 0.25 U)", () => {
    assert.deepEqual(
      [0, 1, 2, 3, 4, 5, 9].map((retry) => backoffMs(retry, () => 0)),
      [500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000],
    );
    assert.equal(
      backoffMs(1, () => 1),
      750,
    );
  });

  it("never waits less than the server asks, nor longer than the limit", () => {
    const failure = fc.record({
      status: fc.constantFrom(408, 429, 500, 503),
      type: fc.constant("unavailable"),
      shouldRetry: fc.constantFrom(undefined, "true"),
      retryAfterMs: fc.option(fc.nat(100_000), { nil: undefined }),
    });
    fc.assert(
      fc.property(failure, fc.nat(9), (given, retry) => {
        const wait = waitBeforeRetry(given, retry, 10);
        const asked = given.retryAfterMs ?? 0;
        if (asked > longestRetryAfterMs) return wait === undefined;
        return wait !== undefined && wait >= asked && wait <= Math.max(asked, 8_000);
      }),
    );
  });

  it("waits as long as a send of the same key may be under way", () => {
    assert.ok(longestRetryAfterMs > sendBudget.budgetMs + sendBudget.leaseExtraMs);
  });

  it("never makes more retries than it is allowed", () => {
    const failure = { status: 503, type: "unavailable", shouldRetry: "true", retryAfterMs: undefined };
    assert.equal(waitBeforeRetry(failure, 2, 2), undefined);
    assert.notEqual(waitBeforeRetry(failure, 1, 2), undefined);
  });

  it("goes by status, and by the server's word before it", () => {
    const retryable = (status: number | undefined, shouldRetry?: string, type = "x") =>
      isRetryable({ status, type, shouldRetry, retryAfterMs: undefined });
    assert.deepEqual(
      [undefined, 200, 301, 400, 401, 404, 408, 409, 410, 422, 429, 500, 502, 503, 504].filter((status) =>
        retryable(status),
      ),
      [undefined, 408, 429, 500, 502, 503, 504],
    );
    assert.equal(retryable(409, undefined, "idempotency_in_progress"), true);
    assert.equal(retryable(409, undefined, "otp_pending"), false);
    assert.equal(retryable(500, "false"), false);
    assert.equal(retryable(400, "true"), true);
  });

  it("reads Retry-After as seconds or as a date, and nothing else", () => {
    const now = Date.parse("2026-11-23T00:00:00Z");
    assert.equal(parseRetryAfter("3", now), 3_000);
    assert.equal(parseRetryAfter("1.5", now), 1_500);
    assert.equal(parseRetryAfter("Mon, 23 Nov 2026 00:00:07 GMT", now), 7_000);
    assert.equal(parseRetryAfter("Mon, 23 Nov 2026 00:00:00 GMT", now + 5_000), 0);
    for (const bad of [undefined, "", "soon", "-1", "2026-11-23", "1e3", "Infinity"])
      assert.equal(parseRetryAfter(bad, now), undefined, bad);
  });
});
