/** What `reserve` and `reserveResend` decide over one row. Pure: the engine reads and writes the row. */
import type { WindowLimit } from "@antryk/contract";
import { defaults } from "@antryk/contract";
import type { CountedBucket, LimitRefusal, SendLimits } from "../../model/limits.ts";
import type {
  Pending,
  Reservation,
  ReserveInput,
  ReserveOutcome,
  ReserveResendInput,
  ReserveResendOutcome,
} from "../../model/sending.ts";
import type { Bucket } from "../engine.ts";
import { encodeBefore } from "./codec.ts";
import {
  bucketMs,
  bucketsWaitMs,
  longest,
  pruneTimes,
  windowWaitMs,
  wrongCodesRefusal,
  wrongCodesWaitMs,
} from "./limits.ts";
import type { RecipientRow, Verification } from "./row.ts";
import { isLocked, isOpen } from "./row.ts";
import { noAttempts } from "./timeline.ts";

/** The slot of a shared limit, by index, that has room for one more; if none has, all that is counted, oldest first. */
export type ReadCounter = (index: number) => { readonly slot: number; readonly buckets: readonly Bucket[] };

/** A decision, with the row to write if it is `reserved`. `ended` goes to history. */
export interface SendDecision<Outcome> {
  readonly outcome: Outcome;
  readonly row?: RecipientRow;
  readonly ended?: Verification;
}

export function decideReserve(
  row: RecipientRow,
  input: ReserveInput,
  now: number,
  readCounter: ReadCounter,
): SendDecision<ReserveOutcome> {
  const current = row.verification;
  const underWay = handOverUnderWay(row, now);
  if (underWay) return { outcome: underWay };
  const live = current !== null && isOpen(current) && now < current.expiresAt && !isLocked(current) ? current : null;
  if (live?.state === "pending") {
    return { outcome: { kind: "pending", retryAfterMs: live.expiresAt - now, expiresAt: live.expiresAt } };
  }
  const refusal = wrongCodesRefusalOf(row, now) ?? cooldownAfterCancel(current, now);
  if (refusal) return { outcome: refusal };
  const room = roomInLimits(row, input.limits, now, readCounter);
  if (room.refusal) return { outcome: room.refusal };

  // A message with this code may have left already: the next one must say the same code.
  const sameCode = live?.nonce && live.mac && input.liveKeyIds.includes(live.keyId) ? live : null;
  const { fresh } = input;
  const next: Verification = sameCode
    ? { ...sameCode, state: "leased" }
    : {
        verificationId: fresh.verificationId,
        state: "leased",
        keyId: fresh.keyId,
        nonce: fresh.nonce.toString("base64url"),
        mac: fresh.mac.toString("base64url"),
        codeLength: fresh.codeLength,
        maxAttempts: fresh.maxAttempts,
        attempts: 0,
        createdAt: now,
        expiresAt: 0,
        endedAt: null,
        sendNo: 0,
        resendCount: 0,
        resendAt: 0,
        deliveries: noAttempts,
      };
  next.expiresAt = now + input.ttlMs;
  next.sendNo += 1;
  next.resendCount = 0;
  next.resendAt = now + cooldownMs(0);

  const before = sameCode
    ? { ...sameCode, state: "unknown" as const }
    : current && { ...current, nonce: null, mac: null };
  const decided = lease(row, next, input, now);
  if (before) decided.before = encodeBefore({ kind: "send", verification: before, sameCode: sameCode !== null });
  const outcome = reservation(next, now, countedBuckets(input.limits, room.slots, now));
  return before && !sameCode ? { outcome, row: decided, ended: before } : { outcome, row: decided };
}

export function decideReserveResend(
  row: RecipientRow,
  input: ReserveResendInput,
  now: number,
  readCounter: ReadCounter,
): SendDecision<ReserveResendOutcome> {
  const current = row.verification;
  if (!current || !isOpen(current)) return { outcome: { kind: "not_found" } };
  if (now >= current.expiresAt) return { outcome: { kind: "expired" } };
  const underWay = handOverUnderWay(row, now);
  if (underWay) return { outcome: underWay };
  if (isLocked(current)) return { outcome: lockedRefusal(current, now) };
  const refusal = wrongCodesRefusalOf(row, now) ?? cooldownRefusal(current, now);
  if (refusal) return { outcome: refusal };
  const room = roomInLimits(row, input.limits, now, readCounter);
  if (room.refusal) return { outcome: room.refusal };

  const next: Verification = { ...current, state: current.state === "leased" ? "unknown" : current.state };
  next.sendNo += 1;
  next.resendCount += 1;
  next.resendAt = now + cooldownMs(next.resendCount);
  const decided = lease(row, next, input, now);
  decided.before = encodeBefore({ kind: "resend", resendCount: current.resendCount, resendAt: current.resendAt });
  return { outcome: reservation(next, now, countedBuckets(input.limits, room.slots, now)), row: decided };
}

/** The refusal while a message of an open verification is with the gateways, whichever verb sent it. */
function handOverUnderWay({ verification, leaseToken, leaseUntil }: RecipientRow, now: number): Pending | undefined {
  if (!verification || !isOpen(verification) || leaseToken === null || leaseUntil <= now) return undefined;
  return { kind: "pending", retryAfterMs: leaseUntil - now, expiresAt: verification.expiresAt };
}

/** The refusal of a locked OTP: waiting for its end does not bring it back, a new send does. */
export function lockedRefusal(verification: Verification, now: number): LimitRefusal {
  const limit: WindowLimit = {
    count: verification.maxAttempts,
    windowMs: verification.expiresAt - verification.createdAt,
  };
  const { expiresAt } = verification;
  return {
    kind: "rate_limited",
    name: "otp",
    limit,
    retryAfterMs: expiresAt - now,
    locked: true,
    lockedUntil: expiresAt,
  };
}

export function wrongCodesRefusalOf(row: RecipientRow, now: number): LimitRefusal | undefined {
  const waitMs = wrongCodesWaitMs(row.wrongUntil, now);
  return waitMs > 0 ? wrongCodesRefusal(waitMs, now) : undefined;
}

function cooldownMs(resendCount: number): number {
  const steps = defaults.resendCooldownSeconds;
  return (steps[Math.min(resendCount, steps.length - 1)] ?? 0) * 1000;
}

function cooldownRefusal(current: Verification, now: number): LimitRefusal | undefined {
  const waitMs = current.resendAt - now;
  if (waitMs <= 0) return undefined;
  return {
    kind: "rate_limited",
    name: "cooldown",
    limit: { count: 1, windowMs: cooldownMs(current.resendCount) },
    retryAfterMs: waitMs,
    locked: false,
  };
}

function cooldownAfterCancel(current: Verification | null, now: number): LimitRefusal | undefined {
  return current?.state === "cancelled" ? cooldownRefusal(current, now) : undefined;
}

/** The refusal that lasts longest, or the slots in which the shared limits count this send. */
function roomInLimits(
  row: RecipientRow,
  limits: SendLimits,
  now: number,
  readCounter: ReadCounter,
): { refusal: LimitRefusal | undefined; slots: readonly number[] } {
  const refusals: LimitRefusal[] = [];
  const refuse = (name: LimitRefusal["name"], limit: WindowLimit, retryAfterMs: number) => {
    if (retryAfterMs > 0) refusals.push({ kind: "rate_limited", name, limit, retryAfterMs, locked: false });
  };
  refuse("attempts", defaults.recipientTries, windowWaitMs(row.tries, defaults.recipientTries, now));
  for (const limit of limits.recipient) refuse("recipient", limit, windowWaitMs(row.sends, limit, now));
  const slots = limits.shared.map(({ scope, limit }, index) => {
    const { slot, buckets } = readCounter(index);
    refuse(scope, limit, bucketsWaitMs(buckets, limit, now));
    return slot;
  });
  return { refusal: longest(refusals), slots };
}

/** The row with the verification under the caller's lease and the send counted. */
function lease(
  row: RecipientRow,
  verification: Verification,
  input: ReserveInput | ReserveResendInput,
  now: number,
): RecipientRow {
  const keepMs = Math.max(defaults.recipientTries.windowMs, ...input.limits.recipient.map((limit) => limit.windowMs));
  return {
    verification,
    leaseToken: input.leaseToken,
    leaseUntil: now + input.leaseMs,
    before: "",
    sends: [...pruneTimes(row.sends, keepMs, now), now],
    tries: [...pruneTimes(row.tries, defaults.recipientTries.windowMs, now), now],
    wrongUntil: row.wrongUntil,
    countersUntil: Math.max(row.countersUntil, now + keepMs),
  };
}

function countedBuckets(limits: SendLimits, slots: readonly number[], now: number): CountedBucket[] {
  return limits.shared.map(({ scope, subject, limit: { windowMs } }, index) => ({
    scope,
    subject,
    windowMs,
    bucketAt: now - (now % bucketMs(windowMs)),
    slot: slots[index] ?? 0,
  }));
}

function reservation(verification: Verification, now: number, counted: readonly CountedBucket[]): Reservation {
  const { verificationId, keyId, nonce, codeLength, sendNo, expiresAt, resendAt } = verification;
  if (!nonce) throw new Error("an open verification has no nonce");
  return {
    kind: "reserved",
    verificationId,
    keyId,
    nonce: Buffer.from(nonce, "base64url"),
    codeLength,
    sendNo,
    reservedAt: now,
    expiresAt,
    resendAt,
    counted,
  };
}
