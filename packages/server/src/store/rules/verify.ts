/** What `verify` and `cancel` decide over one row. Pure. */
import { timingSafeEqual } from "node:crypto";
import type { CountedBucket } from "../../model/limits.ts";
import type { CancelOutcome, VerifyInput, VerifyOutcome } from "../../model/verifying.ts";
import { withWrongCode } from "./checks.ts";
import { countWrongCode } from "./limits.ts";
import type { RecipientRow, Verification } from "./row.ts";
import { currentOf, isLocked, isOpen, metadataOf } from "./row.ts";
import { lockedRefusal, wrongCodesRefusalOf } from "./send.ts";
import { type ReadCounter, roomInShared } from "./shared-limits.ts";

export interface VerifyDecision {
  readonly outcome: VerifyOutcome;
  readonly row?: RecipientRow;
  readonly counted?: readonly CountedBucket[];
}

export function decideVerify(
  row: RecipientRow,
  input: VerifyInput,
  now: number,
  readCounter: ReadCounter,
): VerifyDecision {
  const current = currentOf(row, input.isTest);
  if (!current || !isOpen(current)) return { outcome: { kind: "not_found" } };
  if (now >= current.expiresAt) return { outcome: { kind: "expired" } };
  if (isLocked(current)) return { outcome: lockedRefusal(current, now) };
  const wrongCodes = wrongCodesRefusalOf(row, now);
  if (wrongCodes) return { outcome: wrongCodes };
  const { refusal, counted } = roomInShared(input.guesses ?? [], now, readCounter);
  if (refusal) return { outcome: refusal };

  const candidate = input.candidates.get(current.keyId);
  if (!candidate || !current.mac) throw new Error(`no candidate for key ${current.keyId}: is the keyring complete?`);
  const valid = timingSafeEqual(candidate, Buffer.from(current.mac, "base64url"));
  const network = row.networks.at(-1);
  const attempts = valid ? current.attempts : current.attempts + 1;
  const wrongUntil = valid ? 0 : countWrongCode(row.wrongUntil, now);
  const verification: Verification = valid
    ? { ...current, state: "verified", endedAt: now, nonce: null, mac: null }
    : { ...current, attempts, wrongCodes: withWrongCode(current, now) };
  return {
    outcome: {
      kind: "compared",
      valid,
      wrongCode: input.wrongCode,
      verificationId: current.verificationId,
      attemptsRemaining: current.maxAttempts - attempts,
      expiresAt: current.expiresAt,
      expiresInSeconds: Math.ceil((current.expiresAt - now) / 1000),
      ...(current.metadata !== "" && { metadata: metadataOf(current.metadata) }),
      ...(current.isTest && { test: true as const }),
      ...(valid && network && { network }),
    },
    row: { ...row, verification, wrongUntil, countersUntil: Math.max(row.countersUntil, wrongUntil) },
    counted: valid ? [] : counted,
  };
}

export function decideCancel(row: RecipientRow, now: number): { outcome: CancelOutcome; row?: RecipientRow } {
  const current = row.verification;
  if (!current || !isOpen(current) || now >= current.expiresAt || isLocked(current))
    return { outcome: { kind: "not_found" } };
  return {
    outcome: { kind: "cancelled", verificationId: current.verificationId },
    row: { ...row, verification: { ...current, state: "cancelled", endedAt: now, nonce: null, mac: null } },
  };
}
