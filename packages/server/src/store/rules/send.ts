/** What `reserve` and `reserveResend` decide over one row. Pure: the engine reads and writes the row. */
import type { WindowLimit } from "@antryk/contract";
import { defaults, perNetworkFromMs } from "@antryk/contract";
import type { CountedBucket, LimitRefusal, SendLimits } from "../../model/limits.ts";
import type {
  OverBudget,
  Pending,
  Reservation,
  ReserveInput,
  ReserveOutcome,
  ReserveResendInput,
  ReserveResendOutcome,
} from "../../model/sending.ts";
import { encodeBefore } from "./codec.ts";
import { pruneTimes, windowWaitMs, wrongCodesRefusal, wrongCodesWaitMs } from "./limits.ts";
import type { RecipientRow, Verification } from "./row.ts";
import { currentOf, isLocked, isOpen } from "./row.ts";
import { type ReadCounter, roomInShared } from "./shared-limits.ts";
import { noAttempts } from "./timeline.ts";

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
  const { fresh } = input;
  const current = currentOf(row, fresh.isTest);
  const underWay = current && handOverUnderWay(row, now);
  if (underWay) return { outcome: underWay };
  const live = current !== null && isOpen(current) && now < current.expiresAt && !isLocked(current) ? current : null;
  if (live?.state === "pending") {
    return { outcome: { kind: "pending", retryAfterMs: live.expiresAt - now, expiresAt: live.expiresAt } };
  }
  const refusal = wrongCodesRefusalOf(row, now) ?? cooldownAfterCancel(current, now);
  if (refusal) return { outcome: refusal };
  const room = roomInLimits(row, input.limits, now, readCounter);
  if (room.refusal) return { outcome: room.refusal };

  // A message with this code may have left already: the next one must say the same code. Of a test number none leaves.
  const sameCode = !fresh.isTest && live?.nonce && live.mac && input.liveKeyIds.includes(live.keyId) ? live : null;
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
        metadata: "",
        isTest: fresh.isTest,
        requestId: "",
        wrongCodes: "",
      };
  next.metadata = input.metadata;
  next.requestId = input.requestId ?? "";
  next.expiresAt = now + input.ttlMs;
  next.sendNo += 1;
  next.resendCount = 0;
  next.resendAt = now + cooldownMs(0);

  const before = sameCode
    ? { ...sameCode, state: "unknown" as const }
    : row.verification && replaced(row.verification, current === null, now);
  const decided = lease(row, next, input, now);
  if (before) decided.before = encodeBefore({ kind: "send", verification: before, sameCode: sameCode !== null });
  const outcome = reservation(next, now, room.counted);
  return before && !sameCode ? { outcome, row: decided, ended: before } : { outcome, row: decided };
}

export function decideReserveResend(
  row: RecipientRow,
  input: ReserveResendInput,
  now: number,
  readCounter: ReadCounter,
): SendDecision<ReserveResendOutcome> {
  const current = currentOf(row, input.isTest);
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
  return { outcome: reservation(next, now, room.counted), row: decided };
}

/** A verification that a new one takes the place of; one that no longer counts must not come back. */
function replaced(verification: Verification, isOver: boolean, now: number): Verification {
  const wiped = { ...verification, nonce: null, mac: null };
  return isOver && isOpen(verification) ? { ...wiped, state: "cancelled", endedAt: now } : wiped;
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

/** The refusal that lasts longest, a budget's before a limit's; or what the shared limits count of this send. */
function roomInLimits(
  row: RecipientRow,
  limits: SendLimits,
  now: number,
  readCounter: ReadCounter,
): { refusal: LimitRefusal | OverBudget | undefined; counted: readonly CountedBucket[] } {
  const refusals: LimitRefusal[] = [];
  const refuse = (name: LimitRefusal["name"], limit: WindowLimit, retryAfterMs: number) => {
    if (retryAfterMs > 0) refusals.push({ kind: "rate_limited", name, limit, retryAfterMs, locked: false });
  };
  refuse("attempts", defaults.recipientTries, windowWaitMs(row.tries, defaults.recipientTries, now));
  for (const [limit, times] of recipientCounts(row, limits))
    refuse("recipient", limit, windowWaitMs(times, limit, now));
  const before = pruneTimes(row.sends, keepMsOf(limits), now).length;
  const { refusal, overBudget, counted } = roomInShared(limits.shared, now, readCounter, refusals, before);
  return { refusal: overBudget ?? refusal, counted };
}

/** Which sends each limit of a recipient counts: a long one those of the client's network, and twice as many of all. */
function* recipientCounts(row: RecipientRow, limits: SendLimits): Generator<[WindowLimit, readonly number[]]> {
  const { sends, networks } = row;
  const network = limits.network ?? "";
  for (const limit of limits.recipient) {
    if (limit.windowMs < perNetworkFromMs || !networks.some((each) => each !== network)) yield [limit, sends];
    else {
      yield [limit, sends.filter((_, index) => networks[index] === network)];
      yield [{ ...limit, count: limit.count * 2 }, sends];
    }
  }
}

/** How long a recipient's sends are needed, ms. */
function keepMsOf({ recipient, shared }: SendLimits): number {
  let keepMs = defaults.recipientTries.windowMs;
  for (const { windowMs } of recipient) keepMs = Math.max(keepMs, windowMs);
  for (const { scope, limit } of shared) if (scope === "recipient") keepMs = Math.max(keepMs, limit.windowMs);
  return keepMs;
}

/** The row with the verification under the caller's lease and the send counted. */
function lease(
  row: RecipientRow,
  verification: Verification,
  input: ReserveInput | ReserveResendInput,
  now: number,
): RecipientRow {
  const keepMs = keepMsOf(input.limits);
  const sends = pruneTimes(row.sends, keepMs, now);
  return {
    verification,
    leaseToken: input.leaseToken,
    leaseUntil: now + input.leaseMs,
    before: "",
    sends: [...sends, now],
    networks: [...row.networks.slice(row.networks.length - sends.length), input.limits.network ?? ""],
    tries: [...pruneTimes(row.tries, defaults.recipientTries.windowMs, now), now],
    wrongUntil: row.wrongUntil,
    countersUntil: Math.max(row.countersUntil, now + keepMs),
  };
}

function reservation(verification: Verification, now: number, counted: readonly CountedBucket[]): Reservation {
  const { verificationId, keyId, nonce, codeLength, sendNo, expiresAt, resendAt, metadata, isTest } = verification;
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
    metadata,
    isTest,
  };
}
