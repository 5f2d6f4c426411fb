/** The calls that `antryk_apply_plain` does by the set (migrations/0013_plain_calls.sql): as its arrays of records, and its answers. */
import { defaults, type WindowLimit } from "@antryk/contract";
import type { IdempotencyClaim } from "../../model/idempotency.ts";
import type { RecipientKey } from "../../model/recipient.ts";
import type { Reservation, ReserveInput, SettleInput } from "../../model/sending.ts";
import type { VerifyInput, VerifyOutcome } from "../../model/verifying.ts";

/** A call as records of one of the function's arrays, and its answer in the function's reply. */
export interface PlainCall {
  readonly array: "sends" | "settles" | "tries";
  readonly keyed: boolean;
  /** The records, with its place in the batch. */
  readonly records: (seq: number) => string;
  /** `undefined`: left alone, because it was no plain call after all. */
  readonly answer: (reply: PlainReply, seq: number) => { readonly kind: string } | undefined;
}

export interface PlainReply {
  readonly at: number;
  /** Verification ids of the sends that were done. */
  readonly sent: ReadonlySet<string>;
  /** Places of the hand-overs that were done. */
  readonly settled: ReadonlySet<string>;
  /** What became of each code that was compared, by place. */
  readonly compared: ReadonlyMap<string, readonly string[]>;
}

/** The reply as the driver brings it. */
export interface PlainRow {
  readonly at: string;
  readonly sent: string | null;
  readonly settled: string | null;
  readonly compared: string | null;
}

/** Arrays of records, as PostgreSQL reads them. */
export interface PlainArrays {
  readonly sends: string;
  readonly settles: string;
  readonly tries: string;
}

const cooldownMs = (defaults.resendCooldownSeconds[0] ?? 0) * 1000;

/** How long a send is remembered for the recipient's own limits. */
export function keptMs(recipient: readonly WindowLimit[]): number {
  return recipient.reduce((longest, { windowMs }) => Math.max(longest, windowMs), defaults.recipientTries.windowMs as number);
}

export function plainSend(input: ReserveInput): PlainCall {
  const { fresh, ttlMs, leaseMs } = input;
  const { verificationId, keyId, nonce, codeLength, maxAttempts } = fresh;
  return {
    array: "sends",
    keyed: input.idempotency !== undefined,
    records: () =>
      `"(${keyOf(input)},${verificationId},${quoted(keyId)},${bytes(nonce)},${bytes(fresh.mac)},${codeLength},${maxAttempts},${quoted(input.leaseToken)},${leaseMs},${ttlMs},${keptMs(input.limits.recipient)},${claimOf(input.idempotency)})"`,
    answer: ({ at, sent }): Reservation | undefined =>
      sent.has(verificationId)
        ? {
            kind: "reserved",
            verificationId,
            keyId,
            nonce,
            codeLength,
            sendNo: 1,
            reservedAt: at,
            expiresAt: at + ttlMs,
            resendAt: at + cooldownMs,
            counted: [],
          }
        : undefined,
  };
}

export function plainSettle(input: SettleInput): PlainCall {
  const { idempotency, result, reply } = input;
  const claim = idempotency ? `${quoted(idempotency.operation)},${quoted(idempotency.key)},${quoted(reply)}` : ",,";
  return {
    array: "settles",
    keyed: idempotency !== undefined,
    records: (seq) =>
      `"(${seq},${keyOf(input)},${quoted(input.leaseToken)},${result === "accepted"},${quoted(JSON.stringify(input.deliveries))},${claim})"`,
    answer: ({ settled }, seq) => (settled.has(String(seq)) ? { kind: "settled" } : undefined),
  };
}

export function plainTry(input: VerifyInput): PlainCall {
  const { candidates, wrongCode } = input;
  return {
    array: "tries",
    keyed: input.idempotency !== undefined,
    records: (seq) => {
      const records: string[] = [];
      for (const [id, candidate] of candidates)
        records.push(`"(${seq},${keyOf(input)},${quoted(id)},${bytes(candidate)},${wrongCode},${claimOf(input.idempotency)})"`);
      return records.join(",");
    },
    answer: ({ compared }, seq): VerifyOutcome | undefined => {
      const fields = compared.get(String(seq));
      if (!fields) return undefined;
      const [, valid, verificationId = "", attemptsRemaining, expiresAt, expiresInSeconds] = fields;
      return {
        kind: "compared",
        valid: valid === "t",
        wrongCode,
        verificationId,
        attemptsRemaining: Number(attemptsRemaining),
        expiresAt: Number(expiresAt),
        expiresInSeconds: Number(expiresInSeconds),
      };
    },
  };
}

/** The calls, by their places from 1, as the function's arrays. */
export function plainArrays(calls: readonly PlainCall[]): PlainArrays {
  const records = { sends: "", settles: "", tries: "" };
  for (let at = 0; at < calls.length; at += 1) {
    const call = calls[at];
    if (call) records[call.array] += (records[call.array] === "" ? "" : ",") + call.records(at + 1);
  }
  return { sends: `{${records.sends}}`, settles: `{${records.settles}}`, tries: `{${records.tries}}` };
}

export function plainReply({ at, sent, settled, compared }: PlainRow): PlainReply {
  const lines = compared ? compared.split("\n").map((line) => line.split(" ")) : [];
  return {
    at: Number(at),
    sent: new Set(sent?.split(" ")),
    settled: new Set(settled?.split(" ")),
    compared: new Map(lines.map((fields) => [fields[0] ?? "", fields])),
  };
}

function keyOf({ accountId, serviceId, recipient }: RecipientKey): string {
  return `${quoted(accountId)},${quoted(serviceId)},${quoted(recipient)}`;
}

function claimOf(claim: IdempotencyClaim | undefined): string {
  if (!claim) return ",,,";
  for (const [id, fingerprint] of claim.fingerprints)
    return `${quoted(claim.operation)},${quoted(claim.key)},${quoted(id)},${bytes(fingerprint)}`;
  throw new Error("an idempotency claim has no fingerprint");
}

const harmless = /^[\w.+-]+$/;

/** A field of a record in an array: quoted once for the record, and the whole once more for the array. */
function quoted(text: string): string {
  if (harmless.test(text)) return text;
  return `\\"${text.replace(/["\\]/g, (special) => (special === "\\" ? "\\\\\\\\" : '\\\\\\"'))}\\"`;
}

function bytes(buffer: Buffer): string {
  return `\\\\\\\\x${buffer.toString("hex")}`;
}
