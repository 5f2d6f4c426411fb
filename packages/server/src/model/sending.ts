/**
 * Sends and resends: what is asked of the store before and after the hand-over, and its outcomes. Times are Unix ms.
 */
import type { DeliveryAttempt, WindowLimit } from "@antryk/contract";
import type { NamedMessage } from "./gateway.ts";
import type { IdempotencyClaim, IdempotencyConflict } from "./idempotency.ts";
import type { CountedBucket, LimitRefusal, SendLimits } from "./limits.ts";
import type { RecipientKey } from "./recipient.ts";
import type { FreshCode } from "./verification.ts";

export interface ReserveInput extends RecipientKey {
  readonly fresh: FreshCode;
  /** Unique to this call; `settle` is conditional on it. */
  readonly leaseToken: string;
  readonly leaseMs: number;
  readonly ttlMs: number;
  /** A JSON object of strings, or "". */
  readonly metadata: string;
  /** The `x-request-id`. */
  readonly requestId?: string | undefined;
  /** Key ids whose codes can be sent again. */
  readonly liveKeyIds: readonly string[];
  readonly limits: SendLimits;
  readonly idempotency: IdempotencyClaim | undefined;
}

export interface ReserveResendInput extends RecipientKey {
  /** The number is a test number. */
  readonly isTest: boolean;
  readonly leaseToken: string;
  readonly leaseMs: number;
  readonly limits: SendLimits;
  readonly idempotency: IdempotencyClaim | undefined;
}

/** A send that may go to the gateway now. */
export interface Reservation {
  readonly kind: "reserved";
  readonly verificationId: string;
  readonly keyId: string;
  readonly nonce: Buffer;
  readonly codeLength: number;
  /** Counts the messages of this verification, from 1. */
  readonly sendNo: number;
  readonly reservedAt: number;
  readonly expiresAt: number;
  readonly resendAt: number;
  readonly counted: readonly CountedBucket[];
  /** What the caller gave with the send: a JSON object of strings, or "". */
  readonly metadata: string;
  /** Its code is the fixed one of a test number. */
  readonly isTest: boolean;
}

/** An earlier OTP is pending, or a message of it is with the gateways: until then. */
export interface Pending {
  readonly kind: "pending";
  readonly retryAfterMs: number;
  readonly expiresAt: number;
}

/** A ceiling on what is spent has no room for the message. */
export interface OverBudget {
  readonly kind: "over_budget";
  /** The budget that lasts longest; its `count` is in micros. */
  readonly subject: string;
  readonly limit: WindowLimit;
  readonly retryAfterMs: number;
}

export type ReserveOutcome = Reservation | Pending | LimitRefusal | OverBudget | IdempotencyConflict;

export type ReserveResendOutcome =
  | Reservation
  | { readonly kind: "not_found" }
  | { readonly kind: "expired" }
  /** A message is with the gateways. */
  | Pending
  | LimitRefusal
  | OverBudget
  | IdempotencyConflict;

/** What came of the hand-over: taken by a gateway, definitely refused by all, or unknown. */
export type SettleResult = "accepted" | "refused" | "unknown";

export interface SettleInput extends RecipientKey {
  readonly leaseToken: string;
  readonly result: SettleResult;
  readonly reservedAt: number;
  readonly counted: readonly CountedBucket[];
  /** What an accepted message has cost, micros: budgets get back what was reserved beyond it. Undefined: nothing. */
  readonly spentMicros?: number | undefined;
  readonly verificationId: string;
  readonly deliveries: readonly DeliveryAttempt[];
  /** Messages whose gateways will report on them. */
  readonly messages: readonly NamedMessage[];
  readonly idempotency: IdempotencyClaim | undefined;
  /** Stored for the idempotency key if the result is `accepted`: JSON. */
  readonly reply: string;
}
