/** What a gateway reports of one message: written to the timeline of its verification. */
import type { MessageReceipt } from "../../../model/gateway.ts";
import type { Call, FoundMessage, RowRef } from "../../engine.ts";
import type { RecipientRow } from "../row.ts";
import { withReceipt } from "../timeline.ts";

/** `elsewhere`: the row holds another verification by now; this one is in history, or gone. */
export type ReceiptOutcome = "recorded" | "elsewhere";

export function recordReceipt({ ref, verificationId }: FoundMessage, receipt: MessageReceipt): Call<ReceiptOutcome> {
  const recipient = ref as RowRef<RecipientRow>;
  return {
    rows: [recipient],
    decide(view) {
      const row = view.row(recipient);
      const verification = row?.verification;
      if (!row || verification?.verificationId !== verificationId) return { outcome: "elsewhere" };
      const deliveries = withReceipt(verification.deliveries, receipt, view.now);
      if (!deliveries) return { outcome: "recorded" };
      return {
        outcome: "recorded",
        writes: [{ ref: recipient, row: { ...row, verification: { ...verification, deliveries } } }],
      };
    },
  };
}
