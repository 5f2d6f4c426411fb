/**
 * A verification's timeline as its row keeps it: the JSON of its attempts. Most calls only carry it along, so it is
 * parsed only when it is needed. Pure.
 */
import type { DeliveryAttempt } from "@antryk/contract";
import type { MessageReceipt } from "../../model/gateway.ts";
import { canonicalId } from "../../model/message-id.ts";
import { listIn } from "./cells.ts";

/** JSON of DeliveryAttempt[], oldest first. */
export type Timeline = string;

export const noAttempts: Timeline = "[]";

/** Throws UnreadableRow. */
export function attemptsOf(timeline: Timeline): DeliveryAttempt[] {
  return timeline === noAttempts ? [] : (listIn(timeline, "the timeline") as DeliveryAttempt[]);
}

export function withAttempts(timeline: Timeline, attempts: readonly DeliveryAttempt[]): Timeline {
  if (attempts.length === 0) return timeline;
  return JSON.stringify([...attemptsOf(timeline), ...attempts]);
}

type Status = MessageReceipt["status"];

/** A receipt replaces one of lower rank; the first final status stays. */
const rank: Record<Status, number> = { unknown: 0, queued: 1, sent: 2, delivered: 3, undelivered: 3 };

/**
 * The timeline with the receipt on its attempt; `undefined` if it changes nothing. Receipts may come out of order,
 * twice, or for no attempt. `report.messageId` is canonical. `now`: Unix ms, for receipts without a time.
 */
export function withReceipt(timeline: Timeline, report: MessageReceipt, now: number): Timeline | undefined {
  const { messageId, status, code, at } = report;
  const attempts = attemptsOf(timeline);
  const isOf = (attempt: DeliveryAttempt) =>
    attempt.messageId !== undefined && canonicalId(attempt.messageId) === messageId;
  const index = attempts.findLastIndex(isOf);
  const attempt = attempts[index];
  if (!attempt || (attempt.receipt && rank[status] <= rank[attempt.receipt.status])) return undefined;
  const receipt = { status, at: at ?? new Date(now).toISOString(), ...(code === undefined ? {} : { code }) };
  return JSON.stringify(attempts.with(index, { ...attempt, receipt }));
}
