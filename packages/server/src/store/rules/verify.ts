/** What `verify` and `cancel` decide over one row. Pure. */
import { timingSafeEqual } from "node:crypto";
import type { CancelOutcome, VerifyInput, VerifyOutcome } from "../../model/verifying.ts";
import { countWrongCode } from "./limits.ts";
import type { RecipientRow, Verification } from "./row.ts";
import { isLocked, isOpen } from "./row.ts";
import { lockedRefusal, wrongCodesRefusalOf } from "./send.ts";

export function decideVerify(
  row: RecipientRow,
  input: VerifyInput,
  now: number,
): { outcome: VerifyOutcome; row?: RecipientRow } {
  const current = row.verification;
  if (!current || !isOpen(current)) return { outcome: { kind: "not_found" } };
  if (now >= current.expiresAt) return { outcome: { kind: "expired" } };
  if (isLocked(current)) return { outcome: lockedRefusal(current, now) };
  const refusal = wrongCodesRefusalOf(row, now);
  if (refusal) return { outcome: refusal };

  const candidate = input.candidates.get(current.keyId);
  if (!candidate || !current.mac) throw new Error(`no candidate for key ${current.keyId}: is the keyring complete?`);
  const valid = timingSafeEqual(candidate, Buffer.from(current.mac, "base64url"));
  const attempts = valid ? current.attempts : current.attempts + 1;
  const wrongUntil = valid ? 0 : countWrongCode(row.wrongUntil, now);
  const verification: Verification = valid
    ? { ...current, state: "verified", endedAt: now, nonce: null, mac: null }
    : { ...current, attempts };
  return {
    outcome: {
      kind: "compared",
      valid,
      wrongCode: input.wrongCode,
      verificationId: current.verificationId,
      attemptsRemaining: current.maxAttempts - attempts,
      expiresAt: current.expiresAt,
      expiresInSeconds: Math.ceil((current.expiresAt - now) / 1000),
    },
    row: { ...row, verification, wrongUntil, countersUntil: Math.max(row.countersUntil, wrongUntil) },
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
