/** What the sweep does: ended verifications go to history; expired counters, keys and scores are removed. Pure. */
import { guard, learning, retention } from "@antryk/contract";
import type { PolicyDecision } from "../../model/policy-decision.ts";
import type { GatewayScore } from "../../model/score.ts";
import type { TrafficRow } from "../../model/traffic.ts";
import type { Decision, MetRow } from "../engine.ts";
import { encodeEnded } from "./codec.ts";
import type { ClaimRow, ReplyRow } from "./idempotency.ts";
import {
  claimKind,
  decisionKind,
  readinessKind,
  recipientKind,
  recipientOf,
  replyKind,
  scoreKind,
  trafficKind,
} from "./kinds.ts";
import { endOf, type RecipientRow } from "./row.ts";

/** `undefined`: the row is still needed as it is. */
export function decideSweep(met: MetRow, now: number): Decision<void> | undefined {
  const { ref } = met;
  if (ref.kind === recipientKind) return sweepRecipient(met, met.row as RecipientRow, now);
  const isExpired =
    ref.kind === readinessKind ||
    (ref.kind === claimKind && (met.row as ClaimRow).until <= now) ||
    (ref.kind === replyKind && (met.row as ReplyRow).expiresAt <= now) ||
    (ref.kind === decisionKind && (met.row as PolicyDecision).at + retention.decisionsMs <= now) ||
    (ref.kind === trafficKind && (met.row as TrafficRow).at + guard.forgetMs <= now) ||
    (ref.kind === scoreKind && (met.row as GatewayScore).at + learning.forgetMs <= now);
  return isExpired ? { outcome: undefined, writes: [{ ref, row: null }] } : undefined;
}

function sweepRecipient({ ref }: MetRow, row: RecipientRow, now: number): Decision<void> | undefined {
  const { verification, countersUntil } = row;
  if (verification && now < endOf(verification) + retention.endedOtpMs) return undefined;
  if (!verification && now < countersUntil) return undefined;
  const next =
    countersUntil <= now ? null : { ...row, verification: null, leaseToken: null, leaseUntil: 0, before: "" };
  const ended = verification && {
    key: recipientOf(ref),
    verificationId: verification.verificationId,
    state: encodeEnded(verification),
  };
  return { outcome: undefined, writes: [{ ref, row: next }], ended: ended ?? undefined };
}
