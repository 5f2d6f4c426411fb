/** Removes what is kept of a number, as it stands in this step. */
import type { Call, RowRef } from "../../engine.ts";
import type { ReplyRow } from "../idempotency.ts";
import type { RecipientRow } from "../row.ts";

/** The row that was removed; `undefined` if there was none any more. */
export function eraseRow(ref: RowRef): Call<RecipientRow | undefined> {
  const recipient = ref as RowRef<RecipientRow>;
  return {
    rows: [recipient],
    decide(view) {
      const row = view.row(recipient);
      return row ? { outcome: row, writes: [{ ref: recipient, row: null }] } : { outcome: undefined };
    },
  };
}

/** Removes what was decided of the number. */
export function eraseDecision(ref: RowRef): Call<boolean> {
  return {
    rows: [ref],
    decide: (view) =>
      view.row(ref) === undefined ? { outcome: false } : { outcome: true, writes: [{ ref, row: null }] },
  };
}

/** Removes a stored reply if it still names one of the verifications. */
export function eraseReply(ref: RowRef, verificationIds: ReadonlySet<string>): Call<boolean> {
  const reply = ref as RowRef<ReplyRow>;
  return {
    rows: [reply],
    decide(view) {
      const row = view.row(reply);
      if (!row || !verificationIds.has(row.verificationId)) return { outcome: false };
      return { outcome: true, writes: [{ ref: reply, row: null }] };
    },
  };
}
