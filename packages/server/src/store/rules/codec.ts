/**
 * How a recipient's row is written as text: parts between unit separators, cells of a part between spaces. JSON escapes
 * control characters and ids hold no space, so no part or cell contains its separator. Parts and cells are added at the
 * end only, so that a process of the version before can still read the text.
 */
import {
  bytesOrNull,
  listIn,
  malformed,
  oneOf,
  verificationIdIn,
  whole,
  wholeIn,
  wholeOrNull,
  wholes,
  word,
  wordOrNull,
} from "./cells.ts";
import { decodeTrace, encodeTrace } from "./checks.ts";
import type { Before, RecipientRow, Verification } from "./row.ts";
import { noAttempts, type Timeline } from "./timeline.ts";

const partSeparator = "\u001f";

/** lease, counters | sends | tries | before | verification | timeline | networks of the sends | metadata | trace */
export function encodeRecipient(row: RecipientRow): string {
  const { verification, leaseToken, leaseUntil, before, sends, tries, wrongUntil, countersUntil } = row;
  const head = `${leaseToken ?? ""} ${leaseUntil} ${wrongUntil} ${countersUntil}`;
  const counters = `${head}${partSeparator}${sends.join(" ")}${partSeparator}${tries.join(" ")}`;
  const rest = verification ? `${encodeVerification(verification)}${partSeparator}${verification.deliveries}` : "";
  const text = `${counters}${partSeparator}${before}${partSeparator}${rest}`;
  const networks = row.networks.some((network) => network !== "") ? row.networks.map(networkCell).join(" ") : "";
  const metadata = verification?.metadata ?? "";
  const trace = verification ? encodeTrace(verification) : "";
  if (networks === "" && metadata === "" && trace === "") return text;
  const more = `${text}${verification ? "" : partSeparator}${partSeparator}${networks}${partSeparator}${metadata}`;
  return trace === "" ? more : `${more}${partSeparator}${trace}`;
}

/** Throws UnreadableRow. */
export function decodeRecipient(state: string): RecipientRow {
  const parts = state.split(partSeparator);
  const [head = "", sendsPart, tries, before, verification, timeline, networks = "", metadata = "", trace = ""] = parts;
  const [leaseToken, leaseUntil, wrongUntil, countersUntil] = head.split(" ");
  if (before === undefined || verification === undefined) malformed("the row");
  if (before !== "") decodeBefore(before);
  const sends = wholes(sendsPart, "a send's time");
  return {
    verification: verification === "" ? null : decodeVerification(verification, timeline, metadata, trace),
    leaseToken: wordOrNull(leaseToken, "the lease"),
    leaseUntil: whole(leaseUntil, "the lease's end"),
    before,
    sends,
    networks: networksIn(networks, sends.length),
    tries: wholes(tries, "a hand-over's time"),
    wrongUntil: whole(wrongUntil, "the count of wrong codes"),
    countersUntil: whole(countersUntil, "the counters' end"),
  };
}

/** What a refused send or resend puts back, as a part of the row. Most rows have none, and most calls never read it. */
export function encodeBefore(before: Before | null): string {
  if (!before) return "";
  if (before.kind === "resend") return JSON.stringify([before.resendCount, before.resendAt]);
  const { verification: v, sameCode } = before;
  const trace = v ? encodeTrace(v) : "";
  return JSON.stringify([
    sameCode,
    v && encodeVerification(v),
    v?.deliveries ?? null,
    ...(v?.metadata || trace ? [v?.metadata ?? ""] : []),
    ...(trace ? [trace] : []),
  ]);
}

/** Throws UnreadableRow. */
export function decodeBefore(part: string): Before | null {
  if (part === "") return null;
  const what = "what a refused send puts back";
  const [first, second, timeline, metadata = "", trace = ""] = listIn(part, what);
  if (typeof first === "number")
    return { kind: "resend", resendCount: wholeIn(first, what), resendAt: wholeIn(second, what) };
  if (typeof first !== "boolean") malformed(what);
  if (second === null) return { kind: "send", sameCode: first, verification: null };
  if (typeof second !== "string") malformed(what);
  const deliveries = timeline ?? noAttempts;
  if (typeof deliveries !== "string" || typeof metadata !== "string" || typeof trace !== "string") malformed(what);
  return { kind: "send", sameCode: first, verification: decodeVerification(second, deliveries, metadata, trace) };
}

/** What history keeps of an ended verification: neither nonce nor hash. */
export function encodeEnded(v: Verification): string {
  const cells = `${v.state} ${v.attempts} ${v.maxAttempts} ${v.createdAt} ${v.expiresAt} ${v.endedAt ?? ""}${testCell(v)}`;
  const trace = encodeTrace(v);
  const rest = trace === "" ? (v.metadata === "" ? [] : [v.metadata]) : [v.metadata, trace];
  return [cells, v.deliveries, ...rest].join(partSeparator);
}

export type EndedVerification = Pick<
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

/** Throws UnreadableRow. */
export function decodeEnded(verificationId: string, text: string): EndedVerification {
  const [cells = "", timeline, metadata = "", trace = ""] = text.split(partSeparator);
  const [state, attempts, maxAttempts, createdAt, expiresAt, endedAt, test] = cells.split(" ");
  return {
    verificationId,
    state: oneOf(state, states, "the state"),
    attempts: whole(attempts, "the count of attempts"),
    maxAttempts: whole(maxAttempts, "the limit of attempts"),
    createdAt: whole(createdAt, "the time of issue"),
    expiresAt: whole(expiresAt, "the end of life"),
    endedAt: wholeOrNull(endedAt, "the end"),
    deliveries: timelineIn(timeline),
    metadata: metadataIn(metadata),
    isTest: isTestIn(test),
    ...decodeTrace(trace),
  };
}

/** The text with another timeline. */
export function withTimeline(text: string, timeline: Timeline): string {
  const parts = text.split(partSeparator);
  parts[1] = timeline;
  return parts.join(partSeparator);
}

function encodeVerification(v: Verification): string {
  const code = `${v.verificationId} ${v.state} ${v.keyId} ${v.nonce ?? ""} ${v.mac ?? ""} ${v.codeLength}`;
  const life = `${v.maxAttempts} ${v.attempts} ${v.createdAt} ${v.expiresAt} ${v.endedAt ?? ""}`;
  return `${code} ${life} ${v.sendNo} ${v.resendCount} ${v.resendAt}${testCell(v)}`;
}

function decodeVerification(
  text: string,
  timeline: Timeline | undefined,
  metadata: string,
  trace: string,
): Verification {
  const cells = text.split(" ");
  return {
    verificationId: verificationIdIn(cells[0]),
    state: oneOf(cells[1], states, "the state"),
    keyId: word(cells[2], "the key's id"),
    nonce: bytesOrNull(cells[3], "the nonce"),
    mac: bytesOrNull(cells[4], "the code's hash"),
    codeLength: whole(cells[5], "the code's length"),
    maxAttempts: whole(cells[6], "the limit of attempts"),
    attempts: whole(cells[7], "the count of attempts"),
    createdAt: whole(cells[8], "the time of issue"),
    expiresAt: whole(cells[9], "the end of life"),
    endedAt: wholeOrNull(cells[10], "the end"),
    sendNo: whole(cells[11], "the count of sends"),
    resendCount: whole(cells[12], "the count of resends"),
    resendAt: whole(cells[13], "the time of the next resend"),
    deliveries: timelineIn(timeline),
    metadata: metadataIn(metadata),
    isTest: isTestIn(cells[14]),
    ...decodeTrace(trace),
  };
}

/** Most verifications are of no test number, and have no such cell. */
function testCell({ isTest }: Pick<Verification, "isTest">): string {
  return isTest ? " test" : "";
}

function isTestIn(cell: string | undefined): boolean {
  return cell === undefined ? false : oneOf(cell, testCells, "the mark of a test number") === "test";
}

const testCells: ReadonlySet<"test"> = new Set(["test"]);

/** An empty cell between spaces could not be told from none. */
function networkCell(network: string): string {
  return network === "" ? "-" : network;
}

/** An older program may have counted sends without their networks: then none is known. */
function networksIn(part: string, sends: number): string[] {
  const cells = part === "" ? [] : part.split(" ");
  if (!cells.every((cell) => /^(?:-|[0-9a-f.:]{2,45}\/\d{1,3})$/.test(cell))) malformed("a send's network");
  if (cells.length !== sends) return new Array<string>(sends).fill("");
  return cells.map((cell) => (cell === "-" ? "" : cell));
}

/** It is parsed only where it is shown. */
function metadataIn(part: string): string {
  return part === "" || (part.startsWith("{") && part.endsWith("}")) ? part : malformed("the metadata");
}

const states: ReadonlySet<Verification["state"]> = new Set(["leased", "pending", "unknown", "verified", "cancelled"]);

/** It is parsed only if it is needed (timeline.ts): most calls carry it along as it is. */
function timelineIn(part: string | undefined): Timeline {
  return part?.startsWith("[") && part.endsWith("]") ? part : malformed("the timeline");
}
