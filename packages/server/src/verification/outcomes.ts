/** What the heart answers: values for every business outcome. HTTP is mapped once, at the edge. */
import type { Access } from "../model/account.ts";
import type { LimitRefusal } from "../model/limits.ts";
import type { Service } from "../model/service.ts";
import type { CancelledOutcome, ComparedOutcome } from "../model/verifying.ts";

/** Who asks, for which number, by which service; checked by the edge. */
export interface VerificationRequest {
  readonly access: Access;
  readonly service: Service;
  /** E.164, possible. */
  readonly to: string;
  /** What the client's limits count by; undefined where the caller passed no address. */
  readonly client: string | undefined;
  /** Language that the request asks the message to be in, canonical; verbs that send none have none. */
  readonly locale: string | undefined;
  readonly idempotency: IdempotencyInput | undefined;
}

export interface IdempotencyInput {
  readonly key: string;
  /** The request's fields as parsed, credentials left out. */
  readonly fields: readonly string[];
}

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
export type KeyConflict = { readonly kind: "key_reused" } | { readonly kind: "in_progress"; readonly retryAfterMs: number };

export type SendOutcome =
  | Replayable<SentOutcome>
  | { readonly kind: "pending"; readonly retryAfterMs: number; readonly expiresAt: number }
  /** Definitely not sent; nothing is left of it. */
  | { readonly kind: "refused"; readonly permanent: "invalid_recipient" | "blocked" | undefined }
  /** Nobody can say whether the message left; its code verifies. */
  | { readonly kind: "unknown" }
  | LimitRefusal
  | KeyConflict;

export type ResendOutcome = Exclude<SendOutcome, { kind: "pending" }> | { readonly kind: "not_found" } | { readonly kind: "expired" };

export type VerifyOutcome =
  | Replayable<ComparedOutcome>
  | { readonly kind: "not_found" }
  | { readonly kind: "expired" }
  | LimitRefusal
  | KeyConflict;

export type CancelOutcome = Replayable<CancelledOutcome> | { readonly kind: "not_found" } | KeyConflict;
