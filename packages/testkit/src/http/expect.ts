/** What tests of the HTTP contract say again and again. */
import assert from "node:assert/strict";
import { type BlockedReason, type ErrorType, errorRow, type LimitName, policyLimits } from "@antryk/contract";
import type { TestReply, TestService } from "../service.ts";

/** What an error carries beside what its row says. */
export interface ExpectedError {
  readonly param?: string;
  /** Seconds; `undefined`: the reply must have none. */
  readonly retryAfter?: number;
  readonly attemptsRemaining?: number;
  readonly expiresAt?: string;
  readonly limit?: LimitName;
  readonly lockedUntil?: string;
  readonly mayHaveBeenSent?: boolean;
  readonly reason?: BlockedReason;
  /** If the row's `retryable` does not decide. */
  readonly shouldRetry?: boolean;
}

/** The whole of an error's reply: status, envelope, and the headers that go with it. */
export function assertError(
  reply: Pick<TestReply, "status" | "headers" | "body">,
  type: ErrorType,
  expected: ExpectedError = {},
): void {
  const { status, message, retryable, fields = [] } = errorRow(type);
  const { shouldRetry = retryable, ...details } = expected;
  const ofAll = ["message", "code", "type", "param", "retryAfter"];
  const inTable: readonly string[] = [...ofAll, ...fields];
  const others = Object.keys(reply.body.errors[0]).filter((name) => !inTable.includes(name));
  assert.deepEqual(others, [], `the table's row ${type} lacks fields of the reply`);
  const { decisionId, ...error } = reply.body.errors[0];
  // Of many refusals in one second not all are kept.
  if (decisionId !== undefined) assert.match(decisionId, /^[0-9a-f]{8}-[0-9a-f]{4}-7/);
  const decided =
    details.limit && policyLimits.has(details.limit) && details.reason === undefined ? { reason: "limit" } : {};
  assert.deepEqual(
    { ...reply.body, errors: [error] },
    { success: false, errors: [{ message, code: status, type, ...details, ...decided }] },
  );
  assert.equal(reply.status, status);
  assert.equal(reply.headers.get("retry-after"), details.retryAfter === undefined ? null : String(details.retryAfter));
  assert.equal(reply.headers.get("x-should-retry"), shouldRetry ? null : "false");
  assert.match(reply.headers.get("content-type") ?? "", /^application\/json/);
  assert.match(reply.headers.get("x-request-id") ?? "", /^[A-Za-z0-9._-]{1,128}$/);
}

/** The type of an error's reply; `undefined` if it is none. */
export function typeOf({ body }: TestReply): ErrorType | undefined {
  return body.errors?.[0]?.type;
}

let recipients = 10_000;

/** A number that no test has used yet. */
export function newRecipient(): string {
  recipients += 1;
  return `+9198765${recipients}`;
}

/** A code of the same length that is not this one. */
export function wrongCode(code: string, nth = 1): string {
  return String((Number(code) + nth) % 10 ** code.length).padStart(code.length, "0");
}

/** Sends, asserts 200, and returns what was answered with the code from the sandbox. */
export async function sent(service: TestService, to: string): Promise<{ code: string; data: TestReply["body"] }> {
  const reply = await service.post("send-otp", { to });
  assert.equal(reply.status, 200, JSON.stringify(reply.body));
  return { code: service.lastCode(to), data: reply.body.data };
}

export async function verify(service: TestService, to: string, otp: string): Promise<TestReply> {
  return service.post("verify-otp", { to, otp });
}

/** Guesses wrong `times` times, each compared. */
export async function guessWrong(service: TestService, to: string, code: string, times: number): Promise<void> {
  for (let n = 1; n <= times; n += 1) {
    const reply = await verify(service, to, wrongCode(code, n));
    assert.equal(reply.body.data?.valid, false, JSON.stringify(reply.body));
  }
}
