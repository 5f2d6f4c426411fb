/**
 * The store port: atomic domain verbs, never read-then-write. One meaning for every engine; `conformance/` holds each of
 * them to it. Times are Unix milliseconds of the store's own clock.
 */
import type { DeliveryAttempt, WindowLimit } from "@antryk/contract";
import type { AccountStore, WrongCodeAnswer } from "./port-accounts.ts";
import type { GatewayStore, NamedMessage } from "./port-gateways.ts";
import type { ScoreStore } from "./port-scores.ts";

export type IdempotentOperation = "send-otp" | "verify-otp" | "resend-otp" | "cancel-otp";

/** Which recipient of which service of which account. Every hot row's key begins with the account. */
export interface RecipientKey {
  readonly accountId: string;
  readonly serviceId: string;
  /** E.164; in history its masked form where it has been reduced. */
  readonly recipient: string;
}

/** An `Idempotency-Key` as the store sees it. */
export interface IdempotencyClaim {
  readonly accountId: string;
  readonly operation: IdempotentOperation;
  readonly key: string;
  /** Fingerprint of the request by key id, one for each live key; the first is the primary key's and is stored. */
  readonly fingerprints: ReadonlyMap<string, Buffer>;
}

/** What an idempotency key says before anything else runs. `reply` is the JSON that was stored. */
export type IdempotencyConflict =
  | { readonly kind: "replayed"; readonly reply: string }
  | { readonly kind: "key_reused" }
  | { readonly kind: "in_progress"; readonly retryAfterMs: number };

/** The limit that refused. `name` is the policy's name in `RateLimit-Policy`. */
export interface LimitRefusal {
  readonly kind: "rate_limited";
  readonly name: "recipient" | "tries" | "wrong-codes" | "attempts" | "cooldown" | "service" | "account" | "client";
  readonly limit: WindowLimit;
  readonly retryAfterMs: number;
  /** The OTP is locked: waiting does not help, a new send does. */
  readonly locked: boolean;
}

/** A limit that counts sends of many recipients. */
export interface SharedLimit {
  readonly scope: "service" | "account" | "client";
  /** The service's id, the account's id, or the client's address. */
  readonly subject: string;
  readonly limit: WindowLimit;
}

/** One shared limit's bucket that a send was counted in; `settle` gives it back from here. */
export interface CountedBucket {
  readonly scope: SharedLimit["scope"];
  readonly subject: string;
  readonly windowMs: number;
  readonly bucketAt: number;
  /** Which part of the limit's quota it was taken from, in an engine that has several. */
  readonly slot?: number;
}

export interface SendLimits {
  readonly recipient: readonly WindowLimit[];
  readonly shared: readonly SharedLimit[];
}

/** A code that is used if the store decides that a new one is due. The code itself is never here. */
export interface FreshCode {
  /** UUID v7. */
  readonly verificationId: string;
  readonly keyId: string;
  /** 16 random bytes. */
  readonly nonce: Buffer;
  /** Keyed hash of account, service, recipient and code. */
  readonly mac: Buffer;
  readonly codeLength: number;
  readonly maxAttempts: number;
}

export interface ReserveInput extends RecipientKey {
  readonly fresh: FreshCode;
  /** Unique to this call; `settle` is conditional on it. */
  readonly leaseToken: string;
  readonly leaseMs: number;
  readonly ttlMs: number;
  /** Key ids whose codes can be said again. */
  readonly liveKeyIds: readonly string[];
  readonly limits: SendLimits;
  readonly idempotency: IdempotencyClaim | undefined;
}

export interface ReserveResendInput extends RecipientKey {
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
}

export type ReserveOutcome =
  | Reservation
  | { readonly kind: "pending"; readonly retryAfterMs: number; readonly expiresAt: number }
  | LimitRefusal
  | IdempotencyConflict;

export type ReserveResendOutcome =
  | Reservation
  | { readonly kind: "not_found" }
  | { readonly kind: "expired" }
  | LimitRefusal
  | IdempotencyConflict;

/** What came of the hand-over: taken by a gateway, definitely refused by all, or nobody can say. */
export type SettleResult = "accepted" | "refused" | "unknown";

export interface SettleInput extends RecipientKey {
  readonly leaseToken: string;
  readonly result: SettleResult;
  readonly reservedAt: number;
  readonly counted: readonly CountedBucket[];
  readonly verificationId: string;
  readonly deliveries: readonly DeliveryAttempt[];
  /** Messages whose gateways will report on them. */
  readonly messages: readonly NamedMessage[];
  readonly idempotency: IdempotencyClaim | undefined;
  /** Stored for the idempotency key where the result is `accepted`: JSON. */
  readonly reply: string;
}

export interface VerifyInput extends RecipientKey {
  /** Keyed hash of the candidate code by key id, one for each live key; the row's key id picks. */
  readonly candidates: ReadonlyMap<string, Buffer>;
  /** How the service answers a wrong code; kept with the outcome, so that a repeated reply is the same. */
  readonly wrongCode: WrongCodeAnswer;
  readonly idempotency: IdempotencyClaim | undefined;
}

/** A verify that was compared. Stored as JSON for its idempotency key. */
export interface ComparedOutcome {
  readonly kind: "compared";
  readonly valid: boolean;
  readonly wrongCode: WrongCodeAnswer;
  readonly verificationId: string;
  readonly attemptsRemaining: number;
  readonly expiresAt: number;
  /** Whole seconds left at the comparison. */
  readonly expiresInSeconds: number;
}

export type VerifyOutcome =
  | ComparedOutcome
  | { readonly kind: "not_found" }
  | { readonly kind: "expired" }
  | LimitRefusal
  | IdempotencyConflict;

export interface CancelInput extends RecipientKey {
  readonly idempotency: IdempotencyClaim | undefined;
}

/** Stored as JSON for its idempotency key. */
export interface CancelledOutcome {
  readonly kind: "cancelled";
  readonly verificationId: string;
}

export type CancelOutcome = CancelledOutcome | { readonly kind: "not_found" } | IdempotencyConflict;

/** A verification as it can be looked up; never the code, its nonce or its hash. */
export interface VerificationRecord extends RecipientKey {
  readonly verificationId: string;
  readonly status: "pending" | "verified" | "cancelled" | "expired" | "locked";
  readonly attempts: number;
  readonly maxAttempts: number;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly endedAt: number | null;
  readonly deliveries: readonly DeliveryAttempt[];
}

/** How long ended verifications are kept: first with their numbers, then with the numbers reduced. */
export interface HistoryKeeping {
  readonly identifiedMs: number;
  /** In addition to the first period; 0: rows go at its end. */
  readonly reducedMs: number;
  readonly reduce: (recipient: string) => ReducedRecipient;
}

/** What is left of a number. */
export interface ReducedRecipient {
  /** Keyed: who has the store alone can't find numbers by trying. */
  readonly hash: Buffer;
  /** For people. */
  readonly masked: string;
}

/** Rows that were removed when a number was forgotten. */
export interface ErasedRows {
  readonly recipients: number;
  readonly history: number;
  readonly idempotencyKeys: number;
}

/** What a sweep did; `more` says that another one has work to do now. */
export interface SweepResult {
  readonly ended: number;
  readonly removed: number;
  readonly more: boolean;
}

/** Rows by table: what storage is bounded by. */
export interface StoreSizes {
  readonly recipients: number;
  readonly history: number;
  readonly reducedHistory: number;
  readonly idempotencyKeys: number;
  readonly limitBuckets: number;
}

export interface BatchCounts {
  readonly batches: number;
  readonly calls: number;
}

export interface VerificationStore {
  /** send-otp: idempotency, state, every limit, and the new verification under a lease. All or nothing. */
  reserve(input: ReserveInput): Promise<ReserveOutcome>;
  /** resend-otp: the same code once more; the verification's life and attempts stay as they are. */
  reserveResend(input: ReserveResendInput): Promise<ReserveResendOutcome>;
  /** What came of a reservation. Does nothing to a verification that is not under this lease any more; never turns a used one back. */
  settle(input: SettleInput): Promise<void>;
  /** Count the try, compare, consume: one step. */
  verify(input: VerifyInput): Promise<VerifyOutcome>;
  cancel(input: CancelInput): Promise<CancelOutcome>;
  /** What an idempotency key says, for requests that fail before their verb. `undefined`: nothing is known of it. */
  recall(claim: IdempotencyClaim): Promise<IdempotencyConflict | undefined>;
  findVerification(accountId: string, verificationId: string): Promise<VerificationRecord | undefined>;
  /** Empties the count of wrong codes. `false` where nothing is known of the recipient. */
  unlock(key: RecipientKey): Promise<boolean>;
}

export interface Store extends VerificationStore, AccountStore, GatewayStore, ScoreStore {
  /** The engine's name, for logs and `doctor`. */
  readonly engine: string;
  /** The store's clock, Unix ms. */
  now(): number;
  /** Throws StoreUnavailable where the store can't be written. */
  ping(): Promise<void>;
  /** Moves ended verifications to history and drops what is over; works on at most `limit` rows of each kind. */
  sweep(limit: number, keeping?: HistoryKeeping): Promise<SweepResult>;
  /** Forgets a number everywhere; `hash` is what it is reduced to. */
  erase(recipient: string, hash: Buffer): Promise<ErasedRows>;
  /** Key ids that rows still need. */
  keyIdsInUse(): Promise<string[]>;
  sizes(): Promise<StoreSizes>;
  /** Batches of calls that this handle has run, and the calls in them. */
  batches(): BatchCounts;
  close(): Promise<void>;
}

/** The store can't be reached or written now: locked, full, broken or gone. The edge answers 503. */
export class StoreUnavailable extends Error {
  override readonly name = "StoreUnavailable";
}

/** There is no store, and none was to be made. */
export class StoreMissing extends Error {
  override readonly name = "StoreMissing";
}
