/** How long the names of a verification's messages are kept. Pure. */
import { bounds, retention, sendBudget } from "@antryk/contract";

/** Messages of a verification may be sent so long after its id was made: sends of unknown outcome may be repeated. */
const longestSendingMs = 6 * 3_600_000;

/** Between which times, Unix ms, the names of a verification's messages expire, by the time when its id was made. */
export function messagesUntil(issuedAt: number): { from: number; to: number } {
  const from = issuedAt + retention.receiptsMs;
  return { from, to: from + longestSendingMs + bounds.ttlSeconds.max * 1000 + sendBudget.budgetMs };
}
