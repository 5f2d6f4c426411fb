/** What gateways report, over any engine. */
import type { MessageReceipt } from "../model/gateway.ts";
import { bucketOfId } from "../model/ids.ts";
import type { Engine, FoundMessage } from "./engine.ts";
import type { ReceiptStore } from "./ports/gateways.ts";
import { recordReceipt } from "./rules/calls/receipt.ts";
import { decodeEnded, withTimeline } from "./rules/codec.ts";
import { withReceipt } from "./rules/timeline.ts";

export function receiptsOver(engine: Engine): ReceiptStore {
  return {
    recordReceipts: async (gatewayId, receipts) => {
      const found = await engine.findMessages(gatewayId, [...new Set(receipts.map(({ messageId }) => messageId))]);
      const messages = new Map(found.map((message) => [message.messageId, message]));
      // In the order in which they were reported: the first final status stays.
      const inOrder = Map.groupBy(receipts, ({ messageId }) => messageId);
      const counts = await Promise.all(
        [...inOrder].map(async ([messageId, reports]) => {
          const message = messages.get(messageId);
          let known = 0;
          for (const report of reports) if (message && (await recordOne(engine, message, report))) known += 1;
          return known;
        }),
      );
      return {
        known: counts.reduce((sum, each) => sum + each, 0),
        unmatched: receipts.filter(({ messageId }) => !messages.has(messageId)),
      };
    },
  };
}

/** Whether the message's verification is still kept. */
async function recordOne(engine: Engine, message: FoundMessage, receipt: MessageReceipt): Promise<boolean> {
  if ((await engine.run(recordReceipt(message, receipt))) === "recorded") return true;
  const { verificationId } = message;
  const bucket = bucketOfId(verificationId);
  for (;;) {
    const row = await engine.findHistory(bucket, verificationId);
    if (!row) return false;
    const deliveries = withReceipt(decodeEnded(verificationId, row.state).deliveries, receipt, engine.now());
    if (!deliveries) return true;
    if (await engine.replaceHistory(bucket, verificationId, row.state, withTimeline(row.state, deliveries)))
      return true;
  }
}
