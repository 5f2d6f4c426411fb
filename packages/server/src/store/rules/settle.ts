/** What `settle` decides over one row. Pure. */
import type { SettleInput } from "../../model/sending.ts";
import { decodeBefore } from "./codec.ts";
import type { Before, RecipientRow } from "./row.ts";
import { withAttempts } from "./timeline.ts";

/** The row to write, and which verification comes back from history, if a refused send had replaced one. */
export interface SettleDecision {
  readonly row: RecipientRow;
  readonly restored?: string;
  /** Whether the row differs from the one before. */
  readonly isChanged: boolean;
}

/**
 * A lease that was taken over by a later send decides nothing about the verification, and a verification that was used
 * or cancelled meanwhile stays so. What a refused send had counted is given back in every case.
 */
export function decideSettle(row: RecipientRow, input: SettleInput): SettleDecision {
  const next: RecipientRow = { ...row };
  if (input.result === "refused") giveBack(next, input.reservedAt);
  if (row.leaseToken !== input.leaseToken || !row.verification) {
    return { row: next, isChanged: next.sends.length !== row.sends.length };
  }

  next.leaseToken = null;
  next.leaseUntil = 0;
  next.before = "";
  const verification = { ...row.verification, deliveries: withAttempts(row.verification.deliveries, input.deliveries) };
  next.verification = verification;
  const before = decodeBefore(row.before);
  const isResend = before?.kind === "resend";
  if (input.result === "refused" && isResend) {
    verification.resendCount = before.resendCount;
    verification.resendAt = before.resendAt;
  }
  if (verification.state === "verified" || verification.state === "cancelled") return { row: next, isChanged: true };
  if (input.result === "accepted") verification.state = "pending";
  else if (!isResend && input.result === "unknown") verification.state = "unknown";
  else if (!isResend) return refusedSend(row, before, next, input);
  return { row: next, isChanged: true };
}

/** Nothing of the refused send stays; what it replaced is back, with the wrong codes that were counted since. */
function refusedSend(row: RecipientRow, before: Before | null, next: RecipientRow, input: SettleInput): SettleDecision {
  if (before?.kind !== "send" || !before.verification || !row.verification)
    return { row: { ...next, verification: null }, isChanged: true };
  if (!before.sameCode)
    return {
      row: { ...next, verification: before.verification },
      restored: before.verification.verificationId,
      isChanged: true,
    };
  const { attempts, wrongCodes, sendNo } = row.verification;
  const deliveries = withAttempts(before.verification.deliveries, input.deliveries);
  return {
    row: { ...next, verification: { ...before.verification, attempts, wrongCodes, sendNo, deliveries } },
    isChanged: true,
  };
}

/** The send of that time counts no longer. */
function giveBack(row: RecipientRow, at: number): void {
  const index = row.sends.lastIndexOf(at);
  if (index < 0) return;
  row.sends = row.sends.toSpliced(index, 1);
  row.networks = row.networks.toSpliced(index, 1);
}
