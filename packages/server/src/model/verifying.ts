/** Verifies and cancels: what is asked of the store, and its outcomes. Times are Unix ms. */
import type { IdempotencyClaim, IdempotencyConflict } from "./idempotency.ts";
import type { LimitRefusal, SharedLimit } from "./limits.ts";
import type { RecipientKey } from "./recipient.ts";
import type { WrongCodeAnswer } from "./service.ts";

export interface VerifyInput extends RecipientKey {
  /** Keyed hash of the candidate code by key id, one for each live key; the row's key id picks. */
  readonly candidates: ReadonlyMap<string, Buffer>;
  /** How the service answers a wrong code; kept with the outcome, so that a repeated reply is the same. */
  readonly wrongCode: WrongCodeAnswer;
  /** The number is a test number. */
  readonly isTest: boolean;
  /** What a wrong code is counted in, beside the recipient's own counts. */
  readonly guesses?: readonly SharedLimit[];
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
  /** What the caller gave with the send. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** It is of a test number. */
  readonly test?: true;
  /** The widest network of the end user's address that the last send was for; only beside `valid`, and not stored. */
  readonly network?: string;
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
