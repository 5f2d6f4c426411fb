/** What the heart answers: values for every business outcome. HTTP is mapped once, at the edge. */
import type { BlockedReason } from "@antryk/contract";
import type { LimitRefusal } from "../model/limits.ts";
import type { Pending } from "../model/sending.ts";
import type { CancelledOutcome, ComparedOutcome } from "../model/verifying.ts";

/** A sent message. Stored as JSON for its idempotency key. */
export interface SentOutcome {
  readonly kind: "sent";
  readonly verificationId: string;
  readonly expiresAt: number;
  readonly expiresInSeconds: number;
  readonly resendAt: number;
  /** What the caller gave with the send: a JSON object of strings. */
  readonly metadata?: string;
  /** It is of a test number: nothing was sent. */
  readonly test?: true;
}

export type Replayable<T> = T & { readonly replayed: boolean };

/** What an idempotency key can answer instead. */
export type KeyConflict =
  | { readonly kind: "key_reused" }
  | { readonly kind: "in_progress"; readonly retryAfterMs: number };

/** Why no message may go to a recipient. */
export interface Blocked {
  readonly kind: "blocked";
  readonly reason: BlockedReason;
  /** When the same request may be allowed, ms; undefined if only a change of the rules can allow it. */
  readonly retryAfterMs: number | undefined;
  /** Of the record that is kept of it. */
  readonly decisionId?: string | undefined;
}

export type SendOutcome =
  | Replayable<SentOutcome>
  | Pending
  /** Definitely not sent; nothing is left of it. */
  | { readonly kind: "refused"; readonly isPermanent: boolean }
  /** No message may be sent to this recipient; nothing is left of it. */
  | Blocked
  /** The message may or may not have left; its code verifies. */
  | { readonly kind: "unknown" }
  | LimitRefusal
  | KeyConflict;

export type ResendOutcome = SendOutcome | { readonly kind: "not_found" } | { readonly kind: "expired" };

export type VerifyOutcome =
  | Replayable<ComparedOutcome>
  | { readonly kind: "not_found" }
  | { readonly kind: "expired" }
  | LimitRefusal
  | KeyConflict;

export type CancelOutcome = Replayable<CancelledOutcome> | { readonly kind: "not_found" } | KeyConflict;
