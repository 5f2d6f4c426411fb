/** What a receipt changes on a verification's timeline. Pure. Receipts come out of order, twice, or for nothing. */
import type { DeliveryAttempt } from "@antryk/contract";
import type { MessageReceipt } from "../../model/gateway.ts";

type Status = MessageReceipt["status"];

/** A receipt replaces one of lower rank; the first final word stands. */
const rank: Record<Status, number> = { unknown: 0, queued: 1, sent: 2, delivered: 3, undelivered: 3 };

/** The timeline with the receipt on its attempt; `undefined` where it changes nothing. `now`: Unix ms, for receipts without a time. */
export function withReceipt(
  deliveries: readonly DeliveryAttempt[],
  { messageId, status, code, at }: MessageReceipt,
  now: number,
): DeliveryAttempt[] | undefined {
  const index = deliveries.findLastIndex((attempt) => attempt.messageId === messageId);
  const attempt = deliveries[index];
  if (!attempt || (attempt.receipt && rank[status] <= rank[attempt.receipt.status])) return undefined;
  const receipt = { status, at: at ?? new Date(now).toISOString(), ...(code === undefined ? {} : { code }) };
  return deliveries.with(index, { ...attempt, receipt });
}
