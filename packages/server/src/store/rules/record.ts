/** A verification as it is shown when it is looked up. Pure. */
import type { RecipientKey } from "../../model/recipient.ts";
import type { VerificationRecord } from "../../model/verification.ts";
import { checksOf } from "./checks.ts";
import { metadataOf, statusOf, type Verification } from "./row.ts";
import { attemptsOf } from "./timeline.ts";

type Place = Omit<RecipientKey, "hash">;

type Shown = Pick<
  Verification,
  | "verificationId"
  | "state"
  | "attempts"
  | "maxAttempts"
  | "createdAt"
  | "expiresAt"
  | "endedAt"
  | "deliveries"
  | "metadata"
  | "isTest"
  | "requestId"
  | "wrongCodes"
>;

export function toRecord(
  { accountId, serviceId, channel, recipient }: Place,
  v: Shown,
  now: number,
): VerificationRecord {
  const { verificationId, attempts, maxAttempts, createdAt, expiresAt, endedAt, deliveries, metadata, isTest } = v;
  const status = statusOf(v, now);
  return {
    accountId,
    serviceId,
    channel,
    recipient,
    verificationId,
    status,
    attempts,
    maxAttempts,
    createdAt,
    expiresAt,
    endedAt,
    deliveries: attemptsOf(deliveries),
    metadata: metadata === "" ? undefined : metadataOf(metadata),
    isTest,
    requestId: v.requestId === "" ? null : v.requestId,
    checks: checksOf(v),
  };
}
