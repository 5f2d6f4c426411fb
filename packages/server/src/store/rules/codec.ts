/**
 * How rows are written as text: JSON by position, without names. Positions are only ever added at the end, so that a
 * process of the version before reads them; what it does not know it must carry along.
 */
import type { DeliveryAttempt } from "@antryk/contract";
import type { Before, RecipientRow, Verification } from "./row.ts";

type Cells = readonly unknown[];

export function encodeRecipient(row: RecipientRow): string {
  const { verification, leaseToken, leaseUntil, before, sends, tries, wrongUntil, countersUntil } = row;
  const cells = verification ? cellsOf(verification) : null;
  return JSON.stringify([cells, leaseToken, leaseUntil, cellsOfBefore(before), sends, tries, wrongUntil, countersUntil]);
}

export function decodeRecipient(state: string): RecipientRow {
  const [cells, leaseToken, leaseUntil, before, sends, tries, wrongUntil, countersUntil] = JSON.parse(state) as Cells;
  return {
    verification: cells ? verificationOf(cells as Cells) : null,
    leaseToken: leaseToken as string | null,
    leaseUntil: leaseUntil as number,
    before: before ? beforeOf(before as Cells) : null,
    sends: sends as number[],
    tries: tries as number[],
    wrongUntil: wrongUntil as number,
    countersUntil: countersUntil as number,
  };
}

/** What history keeps of an ended verification: neither nonce nor hash. */
export function encodeEnded(v: Verification): string {
  return JSON.stringify([v.state, v.attempts, v.maxAttempts, v.createdAt, v.expiresAt, v.endedAt, v.deliveries]);
}

export type EndedVerification = Pick<
  Verification,
  "verificationId" | "state" | "attempts" | "maxAttempts" | "createdAt" | "expiresAt" | "endedAt" | "deliveries"
>;

export function decodeEnded(verificationId: string, text: string): EndedVerification {
  const [state, attempts, maxAttempts, createdAt, expiresAt, endedAt, deliveries] = JSON.parse(text) as Cells;
  return {
    verificationId,
    state: state as Verification["state"],
    attempts: attempts as number,
    maxAttempts: maxAttempts as number,
    createdAt: createdAt as number,
    expiresAt: expiresAt as number,
    endedAt: endedAt as number | null,
    deliveries: deliveries as DeliveryAttempt[],
  };
}

/** The text with another timeline. */
export function withDeliveries(text: string, deliveries: readonly DeliveryAttempt[]): string {
  const cells = JSON.parse(text) as unknown[];
  cells[6] = deliveries;
  return JSON.stringify(cells);
}

function cellsOf(v: Verification): Cells {
  return [
    v.verificationId,
    v.state,
    v.keyId,
    v.nonce,
    v.mac,
    v.codeLength,
    v.maxAttempts,
    v.attempts,
    v.createdAt,
    v.expiresAt,
    v.endedAt,
    v.sendNo,
    v.resendCount,
    v.resendAt,
    v.deliveries,
  ];
}

function verificationOf(cells: Cells): Verification {
  return {
    verificationId: cells[0] as string,
    state: cells[1] as Verification["state"],
    keyId: cells[2] as string,
    nonce: cells[3] as string | null,
    mac: cells[4] as string | null,
    codeLength: cells[5] as number,
    maxAttempts: cells[6] as number,
    attempts: cells[7] as number,
    createdAt: cells[8] as number,
    expiresAt: cells[9] as number,
    endedAt: cells[10] as number | null,
    sendNo: cells[11] as number,
    resendCount: cells[12] as number,
    resendAt: cells[13] as number,
    deliveries: cells[14] as DeliveryAttempt[],
  };
}

function cellsOfBefore(before: Before | null): Cells | null {
  if (!before) return null;
  if (before.kind === "resend") return [before.resendCount, before.resendAt];
  return [before.sameCode, before.verification && cellsOf(before.verification)];
}

function beforeOf([first, second]: Cells): Before {
  if (typeof first === "number") return { kind: "resend", resendCount: first, resendAt: second as number };
  return { kind: "send", sameCode: first as boolean, verification: second ? verificationOf(second as Cells) : null };
}
