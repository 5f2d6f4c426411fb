/** verify-otp, cancel-otp, and what lifts a recipient's counts for an operator: each is one step. */
import { retention } from "@antryk/contract";
import type { SharedLimit } from "../../../model/limits.ts";
import type { RecipientKey } from "../../../model/recipient.ts";
import type { CancelInput, CancelOutcome, VerifyInput, VerifyOutcome } from "../../../model/verifying.ts";
import type { Call } from "../../engine.ts";
import { recipientRef } from "../kinds.ts";
import type { ReadCounter } from "../shared-limits.ts";
import { decideCancel, decideVerify } from "../verify.ts";
import { answeredAtOnce, counterAt, counterOf, countsOf, isNeeds, keyed, recipientIn, whatKeySays } from "./shared.ts";

export function verify(input: VerifyInput): Call<VerifyOutcome> {
  const recipient = recipientRef(input);
  const key = keyed(input.idempotency);
  const counters = (input.guesses ?? []).map((limit) => counterOf(input.accountId, limit));
  return {
    rows: key ? [recipient, key.refs.claim] : [recipient],
    counters,
    decide(view) {
      const said = whatKeySays(view, key);
      if (said) return isNeeds(said) ? said : { outcome: said };
      const before = recipientIn(view, recipient);
      const readCounter: ReadCounter = (index, cost) => view.counter(counterAt(counters, index, cost));
      const { outcome, row, counted = [] } = decideVerify(before.row, input, before.now, readCounter);
      if (outcome.kind !== "compared" || !row) return { outcome };
      const counts = countsOf(counted, counters);
      if (!key) return { outcome, writes: [{ ref: recipient, row }], counts };
      const { verificationId } = outcome;
      const expiresAt = Math.min(outcome.expiresAt, view.now + retention.verifyReplyMs);
      const reply = JSON.stringify({ ...outcome, network: undefined });
      const stored = answeredAtOnce(key, input, { verificationId, reply, expiresAt });
      return { outcome, writes: [{ ref: recipient, row }, ...stored], counts };
    },
  };
}

export function cancel(input: CancelInput): Call<CancelOutcome> {
  const recipient = recipientRef(input);
  const key = keyed(input.idempotency);
  return {
    rows: key ? [recipient, key.refs.claim] : [recipient],
    decide(view) {
      const said = whatKeySays(view, key);
      if (said) return isNeeds(said) ? said : { outcome: said };
      const before = recipientIn(view, recipient);
      const { outcome, row } = decideCancel(before.row, before.now);
      if (outcome.kind !== "cancelled" || !row) return { outcome };
      const { verificationId } = outcome;
      const expiresAt = view.now + retention.sendReplyMs;
      const stored = answeredAtOnce(key, input, { verificationId, reply: JSON.stringify(outcome), expiresAt });
      return { outcome, writes: [{ ref: recipient, row }, ...stored] };
    },
  };
}

/** Empties the count of wrong codes; `false` if nothing is known of the recipient. */
export function unlock(key: RecipientKey): Call<boolean> {
  const recipient = recipientRef(key);
  return {
    rows: [recipient],
    decide(view) {
      const row = view.row(recipient);
      return row ? { outcome: true, writes: [{ ref: recipient, row: { ...row, wrongUntil: 0 } }] } : { outcome: false };
    },
  };
}

/**
 * Every count of a recipient is empty, and a resend needs no wait; the wrong codes of the current OTP stay counted.
 * `limits`: those of its account that count it over all services.
 */
export function resetCounts(key: RecipientKey, limits: readonly SharedLimit[]): Call<boolean> {
  const recipient = recipientRef(key);
  const counters = limits.map((limit) => counterOf(key.accountId, limit));
  return {
    rows: [recipient],
    counters,
    decide(view) {
      const row = view.row(recipient);
      if (!row) return { outcome: false };
      const verification = row.verification && { ...row.verification, resendCount: 0, resendAt: 0 };
      const next = { ...row, verification, sends: [], networks: [], tries: [], wrongUntil: 0 };
      // What is counted is told to who asks for more than there can be.
      const counts = counters.flatMap((counter) =>
        view
          .counter({ ...counter, cost: counter.count + 1 })
          .buckets.map(({ at, count }) => ({ counter, slot: 0, bucketAt: at, n: -count })),
      );
      return { outcome: true, writes: [{ ref: recipient, row: next }], counts };
    },
  };
}
