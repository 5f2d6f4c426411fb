/** send-otp and resend-otp: the step before delivery. */
import { retention } from "@antryk/contract";
import type { IdempotencyConflict } from "../../../model/idempotency.ts";
import type { ReserveInput, ReserveOutcome, ReserveResendInput, ReserveResendOutcome } from "../../../model/sending.ts";
import type { Call, View } from "../../engine.ts";
import { encodeEnded } from "../codec.ts";
import { recipientRef } from "../kinds.ts";
import type { RecipientRow } from "../row.ts";
import { decideReserve, decideReserveResend, type SendDecision } from "../send.ts";
import type { ReadCounter } from "../shared-limits.ts";
import { counterAt, counterOf, countsOf, isNeeds, keyed, recipientIn, runningClaim, whatKeySays } from "./shared.ts";

export function reserve(input: ReserveInput): Call<ReserveOutcome> {
  return sendCall(input, true, (row, now, read) => decideReserve(row, input, now, read));
}

export function reserveResend(input: ReserveResendInput): Call<ReserveResendOutcome> {
  return sendCall(input, false, (row, now, read) => decideReserveResend(row, input, now, read));
}

function sendCall<Outcome extends ReserveOutcome | ReserveResendOutcome>(
  input: ReserveInput | ReserveResendInput,
  likelyAbsent: boolean,
  decide: (row: RecipientRow, now: number, read: ReadCounter) => SendDecision<Outcome>,
): Call<Outcome | IdempotencyConflict> {
  const { accountId, leaseToken, limits } = input;
  const recipient = recipientRef(input, likelyAbsent);
  const key = keyed(input.idempotency);
  const counters = limits.shared.map((limit) => counterOf(accountId, limit));
  return {
    rows: key ? [recipient, key.refs.claim] : [recipient],
    counters,
    decide(view: View) {
      const said = whatKeySays(view, key);
      if (said) return isNeeds(said) ? said : { outcome: said };
      const readCounter: ReadCounter = (index, cost) => view.counter(counterAt(counters, index, cost));
      const before = recipientIn(view, recipient);
      const { outcome, row, ended } = decide(before.row, before.now, readCounter);
      if (outcome.kind !== "reserved" || !row) return { outcome };
      const { leaseUntil } = row;
      const lease = { leaseToken, leaseUntil, until: leaseUntil + retention.sendReplyMs };
      return {
        outcome,
        writes: key ? [{ ref: recipient, row }, runningClaim(key, input, lease)] : [{ ref: recipient, row }],
        counts: countsOf(outcome.counted, counters),
        ended: ended && { key: input, verificationId: ended.verificationId, state: encodeEnded(ended) },
      };
    },
  };
}
