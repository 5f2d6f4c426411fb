/**
 * The one row that a send and a verify touch: what is known of one recipient of one service. It holds the current (or
 * last) verification and the recipient's own counters, so that each verb reads one row and writes one row.
 */
import type { VerificationRecord } from "../../model/verification.ts";
import type { WrongCodes } from "./checks.ts";
import type { Timeline } from "./timeline.ts";

/**
 * - `none`: no verification (never one, or the last was refused or has gone to history)
 * - `leased`: a send is with the gateways; after its lease it means the same as `unknown`
 * - `pending`: a gateway took the message
 * - `unknown`: it is not known whether the message left; its code verifies, the next send is not blocked
 * - `verified`, `cancelled`: ended; nonce and mac are wiped
 */
export type RowState = "none" | "leased" | "pending" | "unknown" | "verified" | "cancelled";

/** What a refused send or resend puts back. */
export type Before =
  | { readonly kind: "send"; readonly verification: Verification | null; readonly sameCode: boolean }
  | { readonly kind: "resend"; readonly resendCount: number; readonly resendAt: number };

/** The columns of the verification itself. */
export interface Verification {
  verificationId: string;
  state: Exclude<RowState, "none">;
  keyId: string;
  /** 16 random bytes, base64url. */
  nonce: string | null;
  /** The keyed hash of account, service, recipient and code, base64url. */
  mac: string | null;
  codeLength: number;
  maxAttempts: number;
  attempts: number;
  createdAt: number;
  expiresAt: number;
  endedAt: number | null;
  sendNo: number;
  resendCount: number;
  resendAt: number;
  deliveries: Timeline;
  /** What the caller gave with the send: a JSON object of strings, or "". */
  metadata: string;
  /** Its code is the fixed one of a test number: it counts only while the number is one. */
  isTest: boolean;
  /** The `x-request-id` of the newest send, or "". */
  requestId: string;
  /** When wrong codes were compared (checks.ts). */
  wrongCodes: WrongCodes;
}

export interface RecipientRow {
  verification: Verification | null;
  leaseToken: string | null;
  leaseUntil: number;
  /** What a refused send or resend puts back (Before), as text. */
  before: string;
  /** Times of the sends that count, oldest first. */
  sends: number[];
  /** The widest network of the end user's address for each of `sends`, `""` if it was not known. */
  networks: string[];
  /** Times of all hand-overs begun, oldest first; never given back. */
  tries: number[];
  /** Wrong codes across OTPs: the time at which the count is back at zero. */
  wrongUntil: number;
  /** From then on the counters no longer count. */
  countersUntil: number;
}

export function emptyRow(): RecipientRow {
  return {
    verification: null,
    leaseToken: null,
    leaseUntil: 0,
    before: "",
    sends: [],
    networks: [],
    tries: [],
    wrongUntil: 0,
    countersUntil: 0,
  };
}

/** What the caller gave with the send, from its text, which is not empty. */
export function metadataOf(text: string): Readonly<Record<string, string>> {
  return JSON.parse(text) as Readonly<Record<string, string>>;
}

/** The verification, as far as it counts: that of a test number ends with the test number. */
export function currentOf({ verification }: RecipientRow, isTest: boolean): Verification | null {
  return verification?.isTest && !isTest ? null : verification;
}

export function isLocked(verification: Pick<Verification, "attempts" | "maxAttempts">): boolean {
  return verification.attempts >= verification.maxAttempts;
}

/** Neither used nor cancelled: its code was sent, or may have been. It may have expired. */
export function isOpen(verification: Verification): boolean {
  return verification.state === "leased" || verification.state === "pending" || verification.state === "unknown";
}

/** The status that a client sees. */
export function statusOf(
  verification: Pick<Verification, "state" | "expiresAt" | "attempts" | "maxAttempts">,
  now: number,
): VerificationRecord["status"] {
  if (verification.state === "verified" || verification.state === "cancelled") return verification.state;
  if (now >= verification.expiresAt) return "expired";
  return isLocked(verification) ? "locked" : "pending";
}

/** When a verification came, or will come, to its end. */
export function endOf(verification: Verification): number {
  return verification.endedAt ?? verification.expiresAt;
}

/** The newest time of a write that this row shows, Unix ms. No call decides by an earlier clock. */
export function newestTimeIn({ verification, tries }: RecipientRow): number {
  return Math.max(verification?.createdAt ?? 0, verification?.endedAt ?? 0, tries.at(-1) ?? 0);
}
