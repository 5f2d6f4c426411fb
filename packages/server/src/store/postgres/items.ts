/** The calls of a batch as `antryk_apply` takes them (migrations/0002_types.sql). */
import type { IdempotencyClaim } from "../../model/idempotency.ts";
import type { SendLimits, SharedLimit } from "../../model/limits.ts";
import type { ReserveInput, ReserveResendInput, SettleInput } from "../../model/sending.ts";
import type { CancelInput, VerifyInput } from "../../model/verifying.ts";
import { bucketMs } from "../rules/limits.ts";
import { keptMs, type PlainCall, plainSend, plainSettle, plainTry } from "./plain.ts";

/** A shared limit of a call. The batch that carries the call says which slots it may count in. */
export interface SlottedLimit {
  readonly scope: string;
  readonly subject: string;
  readonly count: number;
  readonly windowMs: number;
  readonly bucketMs: number;
  /** Parts that the limit's quota is divided into. */
  readonly slots: number;
  slot: number;
}

/** One call, ready for a batch. */
export interface Item {
  readonly fields: () => Readonly<Record<string, unknown>>;
  /** Where it can be done by the set, as most calls can: tried first. */
  readonly plain?: PlainCall | undefined;
  readonly accountId: string;
  readonly shared: readonly SlottedLimit[];
  /** Names of the locks that it needs whatever the batch. */
  readonly locks: readonly string[];
  /** A second run of the same call gives the first one's answer: it may be made again where that was lost. */
  readonly repeatable: boolean;
  /**
   * Answers of a repeat that leave open whether the first run was done: a send's row may have been cancelled or used meanwhile, and
   * a verify's key ends with its code.
   */
  readonly openAfterRepeat: readonly string[];
}

/** Below this a limit has no need of several rows: its sends are few. */
const slottedFrom = 1_000;
const slotsOfLargeLimits = 16;

/** The lock of one slot of a shared limit; antryk_slot_lock builds the same. */
export function slotLock(accountId: string, { scope, windowMs, subject }: SlottedLimit, slot: number): string {
  return `limit ${accountId} ${scope} ${windowMs} ${slot} ${subject}`;
}

export function reserveItem(input: ReserveInput): Item {
  const { fresh } = input;
  const item = sendItem(input, () => ({
    verb: "reserve",
    ttl_ms: input.ttlMs,
    verification_id: fresh.verificationId,
    key_id: fresh.keyId,
    nonce: bytes(fresh.nonce),
    mac: bytes(fresh.mac),
    code_length: fresh.codeLength,
    max_attempts: fresh.maxAttempts,
    live_key_ids: input.liveKeyIds,
  }));
  return input.limits.shared.length > 0 ? item : { ...item, plain: plainSend(input) };
}

export function resendItem(input: ReserveResendInput): Item {
  return sendItem(input, () => ({ verb: "resend" }));
}

export function settleItem(input: SettleInput): Item {
  const { result, counted, idempotency, accountId } = input;
  const givenBack = result === "refused" ? counted : [];
  return {
    fields: () => ({
      verb: "settle",
      ...keyFields(input),
      ...(idempotency ? { operation: idempotency.operation, idempotency_key: idempotency.key } : {}),
      lease_token: input.leaseToken,
      result,
      reserved_at: input.reservedAt,
      deliveries: input.deliveries,
      ...(givenBack.length > 0 ? { counted: givenBack } : {}),
      ...(idempotency && result === "accepted" ? { reply: input.reply } : {}),
    }),
    plain: result === "refused" ? undefined : plainSettle(input),
    accountId,
    shared: [],
    locks: givenBack.map((bucket) => slotLock(accountId, { ...bucket, count: 0, bucketMs: 0, slots: 0, slot: 0 }, bucket.slot ?? 0)),
    repeatable: true,
    openAfterRepeat: [],
  };
}

export function verifyItem(input: VerifyInput): Item {
  const item = endItem(input, () => ({ verb: "verify", candidates: hexByKey(input.candidates), wrong_code: input.wrongCode }));
  return { ...item, plain: plainTry(input), openAfterRepeat: ["not_found", "expired"] };
}

export function cancelItem(input: CancelInput): Item {
  return endItem(input, () => ({ verb: "cancel" }));
}

function sendItem(input: ReserveInput | ReserveResendInput, more: () => Record<string, unknown>): Item {
  const { limits, idempotency, accountId } = input;
  return {
    fields: () => ({
      ...keyFields(input),
      ...claimFields(idempotency),
      lease_token: input.leaseToken,
      lease_ms: input.leaseMs,
      ...limitFields(limits),
      ...more(),
    }),
    accountId,
    shared: limits.shared.map(slotted),
    locks: claimLocks(idempotency),
    // A repeat could not tell which slots the first run counted in.
    repeatable: limits.shared.length === 0,
    openAfterRepeat: ["rate_limited", "not_found", "expired"],
  };
}

function endItem(input: VerifyInput | CancelInput, more: () => Record<string, unknown>): Item {
  const { idempotency, accountId } = input;
  return {
    fields: () => ({ ...keyFields(input), ...claimFields(idempotency), ...more() }),
    accountId,
    shared: [],
    locks: claimLocks(idempotency),
    repeatable: idempotency !== undefined,
    openAfterRepeat: [],
  };
}

function keyFields({ accountId, serviceId, recipient }: Readonly<Record<"accountId" | "serviceId" | "recipient", string>>) {
  return { account_id: accountId, service_id: serviceId, recipient };
}

function claimFields(claim: IdempotencyClaim | undefined) {
  if (!claim) return undefined;
  const [primary] = claim.fingerprints.keys();
  if (primary === undefined) throw new Error("an idempotency claim has no fingerprint");
  return {
    operation: claim.operation,
    idempotency_key: claim.key,
    fingerprint_id: primary,
    fingerprints: hexByKey(claim.fingerprints),
  };
}

function claimLocks(claim: IdempotencyClaim | undefined): string[] {
  return claim ? [`key ${claim.accountId} ${claim.operation} ${claim.key}`] : [];
}

function limitFields({ recipient }: SendLimits) {
  return {
    keep_ms: keptMs(recipient),
    limit_counts: recipient.map(({ count }) => count),
    limit_windows: recipient.map(({ windowMs }) => windowMs),
  };
}

function slotted({ scope, subject, limit: { count, windowMs } }: SharedLimit): SlottedLimit {
  const slots = count < slottedFrom ? 1 : slotsOfLargeLimits;
  return { scope, subject, count, windowMs, bucketMs: bucketMs(windowMs), slots, slot: 0 };
}

function bytes(buffer: Buffer): string {
  return `\\x${buffer.toString("hex")}`;
}

function hexByKey(buffers: ReadonlyMap<string, Buffer>): Record<string, string> {
  const hex: Record<string, string> = {};
  for (const [id, buffer] of buffers) hex[id] = buffer.toString("hex");
  return hex;
}
