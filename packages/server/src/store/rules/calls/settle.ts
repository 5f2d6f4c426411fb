/** What came of a hand-over: the step after delivery. */
import { retention } from "@antryk/contract";
import { canonicalId } from "../../../model/message-id.ts";
import type { SettleInput } from "../../../model/sending.ts";
import type { Call, Decision, Needs, View, Write } from "../../engine.ts";
import { recipientRef } from "../kinds.ts";
import type { RecipientRow } from "../row.ts";
import { decideSettle } from "../settle.ts";
import { unspentOf } from "../shared-limits.ts";
import { givenBack, type Keyed, keyed, storedReply } from "./shared.ts";

export function settle(input: SettleInput): Call<void> {
  const { accountId, counted, result, spentMicros } = input;
  const recipient = recipientRef(input);
  const key = keyed(input.idempotency);
  const isSpentLess = result === "accepted" && spentMicros !== undefined;
  const back = result === "refused" ? counted : isSpentLess ? unspentOf(counted, spentMicros) : [];
  const { counters, counts } = givenBack(accountId, back);
  return {
    rows: [recipient],
    givesBack: counters,
    decide(view: View): Decision<void> | Needs {
      const row = view.row(recipient);
      const keyWrites = settleKey(view, input, key, row);
      if ("needs" in keyWrites) return keyWrites;
      if (!row) return { outcome: undefined, writes: keyWrites };
      const { row: next, restored, isChanged } = decideSettle(row, input);
      // A lease is settled once, and a send is taken back once: a repeat gives nothing back.
      const isGivenBack = isSpentLess
        ? isChanged && row.leaseToken === input.leaseToken
        : next.sends.length < row.sends.length;
      // Names are appended with a row, whose version shows whether that was done.
      const isWritten = isChanged || input.messages.length > 0;
      return {
        outcome: undefined,
        writes: isWritten ? [{ ref: recipient, row: next }, ...keyWrites] : keyWrites,
        counts: isGivenBack ? counts : [],
        restored: restored === undefined ? undefined : { key: input, verificationId: restored },
        names: namesOf(input, recipient, view.now),
      };
    },
  };
}

/**
 * The reply is stored with the lease: the request that holds the recipient's lease holds the key as well. Only a
 * hand-over that lost its lease, or whose number was erased, must check which request holds the key now.
 */
function settleKey(
  view: View,
  input: SettleInput,
  key: Keyed | undefined,
  row: RecipientRow | undefined,
): readonly Write[] | Needs {
  if (!key) return [];
  const isAccepted = input.result === "accepted";
  const { verificationId, reply, leaseToken } = input;
  const answer = { verificationId, reply, expiresAt: view.now + retention.sendReplyMs };
  if (isAccepted && row?.leaseToken === leaseToken) return [storedReply(key, input, answer)];
  if (!view.has(key.refs.claim)) return { needs: [key.refs.claim] };
  const claim = view.row(key.refs.claim);
  if (claim?.leaseToken !== leaseToken) return [];
  if (!isAccepted || !row) return [{ ref: key.refs.claim, row: null }];
  // Written again as it is, so that no other request takes the key over meanwhile.
  return [{ ref: key.refs.claim, row: claim }, storedReply(key, input, answer)];
}

function namesOf({ messages, verificationId }: SettleInput, ref: ReturnType<typeof recipientRef>, now: number) {
  const until = now + retention.receiptsMs;
  return messages.map(({ gatewayId, messageId }) => ({
    gatewayId,
    messageId: canonicalId(messageId),
    ref,
    verificationId,
    until,
  }));
}
