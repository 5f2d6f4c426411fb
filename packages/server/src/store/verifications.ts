/** The verbs of a verification, over any engine. What each decides is in rules/calls. */
import type { UnreadableRow } from "../model/errors.ts";
import { bucketOfId, uuidTime } from "../model/ids.ts";
import type { VerificationRecord } from "../model/verification.ts";
import type { Engine, RowRef } from "./engine.ts";
import type { VerificationStore } from "./ports/verifications.ts";
import { recall } from "./rules/calls/recall.ts";
import { reserve, reserveResend } from "./rules/calls/send.ts";
import { settle } from "./rules/calls/settle.ts";
import { cancel, resetCounts, unlock, verify } from "./rules/calls/verify.ts";
import { decodeEnded } from "./rules/codec.ts";
import { afterFailover } from "./rules/failover.ts";
import { recipientKind, recipientOf } from "./rules/kinds.ts";
import { toRecord } from "./rules/record.ts";
import type { RecipientRow } from "./rules/row.ts";
import { attemptsOf } from "./rules/timeline.ts";

const idShape = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;

export function verificationsOver(engine: Engine): VerificationStore {
  return {
    reserve: (input) => engine.run(reserve(input)),
    reserveResend: (input) => engine.run(reserveResend(input)),
    settle: (input) => engine.run(settle(input)),
    verify: (input) => engine.run(verify(input)),
    cancel: (input) => engine.run(cancel(input)),
    recall: (claim) => engine.run(recall(claim)),
    resetCounts: (key, limits = []) => engine.run(resetCounts(key, limits)),
    unlock: (key) => engine.run(unlock(key)),
    verificationsSince: (since, visit) =>
      engine.eachRowSince(recipientKind, since, ({ verification, sends, networks }, ref) => {
        if (!verification || verification.createdAt < since || verification.isTest) return;
        const { serviceId, recipient: to } = recipientOf(ref);
        const isVerified = verification.state === "verified";
        const network = networks.at(-1) ?? "";
        const taken = attemptsOf(verification.deliveries).filter(({ outcome }) => outcome !== "refused");
        const gateways = taken.map(({ gateway }) => gateway);
        visit({ serviceId, to, createdAt: verification.createdAt, sends, isVerified, network, gateways });
      }),
    findVerification: async (accountId, verificationId) => {
      if (!idShape.test(verificationId)) return undefined;
      const record = await findRecord(engine, verificationId.toLowerCase());
      return record?.accountId === accountId ? record : undefined;
    },
  };
}

/** The verification, whichever account's it is. `verificationId`: a UUID v7 in lower case. */
export async function findRecord(engine: Engine, verificationId: string): Promise<VerificationRecord | undefined> {
  const bucket = bucketOfId(verificationId);
  let unread: UnreadableRow | undefined;
  for (const { ref, row, fault } of await engine.rowsAt(bucket, uuidTime(verificationId))) {
    if (!isRecipient(ref)) continue;
    if (fault) unread = fault;
    if (fault) continue;
    const { verification } = afterFailover(row as RecipientRow, engine.codesFrom);
    const now = Math.max(engine.now(), engine.codesFrom);
    if (verification?.verificationId === verificationId) return toRecord(recipientOf(ref), verification, now);
  }
  const old = await engine.findHistory(bucket, verificationId);
  // Perhaps it is in that row.
  if (!old && unread) throw unread;
  return old && toRecord(old, decodeEnded(verificationId, old.state), engine.now());
}

function isRecipient({ kind }: RowRef): boolean {
  return kind === recipientKind;
}
