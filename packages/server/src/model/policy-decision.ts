/** Why a message was not sent, or would not have been, kept so that operators can answer for it. */
import type { BlockedReason } from "@antryk/contract";

export interface PolicyDecision {
  /** UUID v7; its bucket is the recipient's. */
  readonly decisionId: string;
  /** Unix ms. */
  readonly at: number;
  /** The `x-request-id` of the request; null: it had none. */
  readonly requestId: string | null;
  readonly accountId: string;
  readonly serviceId: string;
  readonly operation: "send-otp" | "resend-otp";
  /** The recipient, E.164. */
  readonly to: string;
  /** ISO 3166-1 alpha-2, or a calling code. */
  readonly country: string;
  /** The widest network of the end user's address; null: it is not known. */
  readonly network: string | null;
  readonly reason: BlockedReason;
  /** The limit, the rule of the guard, or each gateway with what it said; null: the reason says all. */
  readonly rule: string | null;
  /** What it takes to refuse, and what was found; null: there is no number to it. */
  readonly threshold: number | null;
  readonly observed: number | null;
  /** `monitor`: it would have been refused, and was not. */
  readonly mode: "enforce" | "monitor";
}

/** A decision, and where everything of its recipient lies. */
export interface PlacedDecision {
  readonly decision: PolicyDecision;
  /** The recipient's hash (RecipientKey). */
  readonly hash: number;
}
