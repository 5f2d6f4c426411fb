/**
 * How a recipient's row is written as text: parts between unit separators, cells of a part between spaces. JSON escapes
 * control characters and ids hold no space, so no part or cell contains its separator. Parts and cells are added at the
 * end only, so that a process of the version before can still read the text.
 */
import type { Before, RecipientRow, Verification } from "./row.ts";
import { noAttempts, type Timeline } from "./timeline.ts";

const partSeparator = "\u001f";

/** lease, counters | sends | tries | before | verification | its timeline */
export function encodeRecipient(row: RecipientRow): string {
  const { verification, leaseToken, leaseUntil, before, sends, tries, wrongUntil, countersUntil } = row;
  const head = `${leaseToken ?? ""} ${leaseUntil} ${wrongUntil} ${countersUntil}`;
  const counters = `${head}${partSeparator}${sends.join(" ")}${partSeparator}${tries.join(" ")}`;
  const rest = verification ? `${encodeVerification(verification)}${partSeparator}${verification.deliveries}` : "";
  return `${counters}${partSeparator}${before}${partSeparator}${rest}`;
}

export function decodeRecipient(state: string): RecipientRow {
  const [head = "", sends = "", tries = "", before = "", verification = "", timeline = noAttempts] =
    state.split(partSeparator);
  const [leaseToken = "", leaseUntil, wrongUntil, countersUntil] = head.split(" ");
  return {
    verification: verification === "" ? null : decodeVerification(verification, timeline),
    leaseToken: leaseToken === "" ? null : leaseToken,
    leaseUntil: Number(leaseUntil),
    before,
    sends: decodeTimes(sends),
    tries: decodeTimes(tries),
    wrongUntil: Number(wrongUntil),
    countersUntil: Number(countersUntil),
  };
}

/** What a refused send or resend puts back, as a part of the row. Most rows have none, and most calls never read it. */
export function encodeBefore(before: Before | null): string {
  if (!before) return "";
  if (before.kind === "resend") return JSON.stringify([before.resendCount, before.resendAt]);
  const { verification: v, sameCode } = before;
  return JSON.stringify([sameCode, v && encodeVerification(v), v?.deliveries ?? null]);
}

export function decodeBefore(part: string): Before | null {
  if (part === "") return null;
  const [first, second, timeline] = JSON.parse(part) as [boolean | number, string | number | null, Timeline | null];
  if (typeof first === "number") return { kind: "resend", resendCount: first, resendAt: Number(second) };
  const verification = typeof second === "string" ? decodeVerification(second, timeline ?? noAttempts) : null;
  return { kind: "send", sameCode: first, verification };
}

/** What history keeps of an ended verification: neither nonce nor hash. */
export function encodeEnded(v: Verification): string {
  const cells = `${v.state} ${v.attempts} ${v.maxAttempts} ${v.createdAt} ${v.expiresAt} ${v.endedAt ?? ""}`;
  return `${cells}${partSeparator}${v.deliveries}`;
}

export type EndedVerification = Pick<
  Verification,
  "verificationId" | "state" | "attempts" | "maxAttempts" | "createdAt" | "expiresAt" | "endedAt" | "deliveries"
>;

export function decodeEnded(verificationId: string, text: string): EndedVerification {
  const [cells = "", timeline = noAttempts] = text.split(partSeparator);
  const [state, attempts, maxAttempts, createdAt, expiresAt, endedAt] = cells.split(" ");
  return {
    verificationId,
    state: state as Verification["state"],
    attempts: Number(attempts),
    maxAttempts: Number(maxAttempts),
    createdAt: Number(createdAt),
    expiresAt: Number(expiresAt),
    endedAt: timeOrNull(endedAt),
    deliveries: timeline,
  };
}

/** The text with another timeline. */
export function withTimeline(text: string, timeline: Timeline): string {
  return `${text.slice(0, text.indexOf(partSeparator) + 1)}${timeline}`;
}

function encodeVerification(v: Verification): string {
  const code = `${v.verificationId} ${v.state} ${v.keyId} ${v.nonce ?? ""} ${v.mac ?? ""} ${v.codeLength}`;
  const life = `${v.maxAttempts} ${v.attempts} ${v.createdAt} ${v.expiresAt} ${v.endedAt ?? ""}`;
  return `${code} ${life} ${v.sendNo} ${v.resendCount} ${v.resendAt}`;
}

function decodeVerification(text: string, timeline: Timeline): Verification {
  const cells = text.split(" ");
  return {
    verificationId: cells[0] ?? "",
    state: cells[1] as Verification["state"],
    keyId: cells[2] ?? "",
    nonce: cells[3] || null,
    mac: cells[4] || null,
    codeLength: Number(cells[5]),
    maxAttempts: Number(cells[6]),
    attempts: Number(cells[7]),
    createdAt: Number(cells[8]),
    expiresAt: Number(cells[9]),
    endedAt: timeOrNull(cells[10]),
    sendNo: Number(cells[11]),
    resendCount: Number(cells[12]),
    resendAt: Number(cells[13]),
    deliveries: timeline,
  };
}

function timeOrNull(cell: string | undefined): number | null {
  return cell ? Number(cell) : null;
}

function decodeTimes(part: string): number[] {
  return part === "" ? [] : part.split(" ").map(Number);
}
