/** What the heart answers: values for every business outcome. HTTP is mapped once, at the edge. */
import type { LimitRefusal } from "../model/limits.ts";
import type { CancelledOutcome, ComparedOutcome } from "../model/verifying.ts";

/** A sent message. Stored as JSON for its idempotency key. */
export interface SentOutcome {
  readonly kind: "sent";
  readonly verificationId: string;
  readonly expiresAt: number;
  readonly expiresInSeconds: number;
  readonly resendAt: number;
}

export type Replayable<T> = T & { readonly replayed: boolean };

/** What an idempotency key can answer instead. */
export type KeyConflict =
  | { readonly kind: "key_reused" }
  | { readonly kind: "in_progress"; readonly retryAfterMs: number };

export type SendOutcome =
  | Replayable<SentOutcome>
  | { readonly kind: "pending"; readonly retryAfterMs: number; readonly expiresAt: number }
  /** Definitely not sent; nothing is left of it. */
  | { readonly kind: "refused"; readonly permanent: "invalid_recipient" | "blocked" | undefined }
  /** The message may or may not have left; its code verifies. */
  | { readonly kind: "unknown" }
  | LimitRefusal
  | KeyConflict;

export type ResendOutcome =
  | Exclude<SendOutcome, { kind: "pending" }>
  | { readonly kind: "not_found" }
  | { readonly kind: "expired" };

export type VerifyOutcome =
  | Replayable<ComparedOutcome>
  | { readonly kind: "not_found" }
  | { readonly kind: "expired" }
  | LimitRefusal
  | KeyConflict;

export type CancelOutcome = Replayable<CancelledOutcome> | { readonly kind: "not_found" } | KeyConflict;
