/** A verification: the code that it begins with, and what can be looked up of it later. */
import type { DeliveryAttempt } from "@antryk/contract";
import type { RecipientKey } from "./recipient.ts";

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
  /** The code is the fixed one of a test number. */
  readonly isTest: boolean;
}

/** A code that was compared. `locked`: it was wrong, and the last one that could be tried. */
export interface CodeCheck {
  /** Unix ms. */
  readonly at: number;
  readonly outcome: "right" | "wrong" | "locked";
}

/** A verification as it can be looked up; never the code, its nonce or its hash. */
export interface VerificationRecord extends Omit<RecipientKey, "hash"> {
  readonly verificationId: string;
  readonly status: "pending" | "verified" | "cancelled" | "expired" | "locked";
  readonly attempts: number;
  readonly maxAttempts: number;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly endedAt: number | null;
  readonly deliveries: readonly DeliveryAttempt[];
  /** What the caller gave with the send. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** It was of a test number: no message left. */
  readonly isTest: boolean;
  /** The `x-request-id` of the newest send; null: it is not known. */
  readonly requestId: string | null;
  /** Oldest first. */
  readonly checks: readonly CodeCheck[];
}
