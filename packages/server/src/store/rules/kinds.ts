/** The kinds of rows that calls decide over, and where each is stored. */
import { hash } from "node:crypto";
import { bounds, guard, learning, retention } from "@antryk/contract";
import { UnreadableRow } from "../../model/errors.ts";
import type { IdempotencyClaim } from "../../model/idempotency.ts";
import { uuidTime } from "../../model/ids.ts";
import type { PolicyDecision } from "../../model/policy-decision.ts";
import { bucketOf, buckets, hashIn, type RecipientKey } from "../../model/recipient.ts";
import type { GatewayScore, ScoreIncrement } from "../../model/score.ts";
import type { TrafficRow } from "../../model/traffic.ts";
import type { MetRow, RowKind, RowRef } from "../engine.ts";
import { listIn, malformed, numberIn, verificationIdIn, whole, wholeIn, word, wordOrNull } from "./cells.ts";
import { decodeRecipient, encodeRecipient } from "./codec.ts";
import { decodeDecision } from "./decisions.ts";
import type { ClaimRefs, ClaimRow, ReplyRow } from "./idempotency.ts";
import type { RecipientRow } from "./row.ts";
import { keyBytes, keyParts } from "./row-keys.ts";

/** Scope of rows that belong to no service. */
export const noScope = "00000000-0000-0000-0000-000000000000";

/** A row whose place in time is earlier than now by more than this is due to be looked at. */
export const sweptAfterMs = retention.endedOtpMs + bounds.ttlSeconds.max * 1000;

/** The current verification of a recipient, and the recipient's own counters. */
export const recipientKind: RowKind<RecipientRow> = {
  tag: "r",
  isRevisited: true,
  encode: encodeRecipient,
  decode: decodeRecipient,
  placeInTime: ({ verification, countersUntil }) =>
    verification ? uuidTime(verification.verificationId) : countersUntil - sweptAfterMs,
};

/** An idempotency key's claim, in the bucket of the key: which bucket the reply lies in, and for which request. */
export const claimKind: RowKind<ClaimRow> = {
  tag: "c",
  isRevisited: false,
  encode: ({ bucket, keyId, fingerprint, leaseToken, leaseUntil, until }) =>
    `${bucket} ${keyId} ${fingerprint} ${leaseToken ?? ""} ${leaseUntil} ${until}`,
  decode: (state) => {
    const [bucket, keyId, fingerprint, leaseToken, leaseUntil, until] = state.split(" ");
    const number = whole(bucket, "the bucket");
    return {
      bucket: number < buckets ? number : malformed("the bucket"),
      keyId: word(keyId, "the key's id"),
      fingerprint: word(fingerprint, "the fingerprint"),
      leaseToken: wordOrNull(leaseToken, "the lease"),
      leaseUntil: whole(leaseUntil, "the lease's end"),
      until: whole(until, "the key's end"),
    };
  },
  placeInTime: ({ until }) => until - sweptAfterMs,
};

/** A stored reply, in its recipient's bucket. */
export const replyKind: RowKind<ReplyRow> = {
  tag: "p",
  isRevisited: false,
  encode: ({ fingerprint, verificationId, reply, expiresAt }) =>
    `${fingerprint} ${verificationId} ${expiresAt} ${reply}`,
  decode: (state) => {
    const [fingerprint = "", verificationId = "", expiresAt = ""] = state.split(" ", 3);
    const reply = state.slice(fingerprint.length + verificationId.length + expiresAt.length + 3);
    return {
      fingerprint: word(fingerprint, "the fingerprint"),
      verificationId: verificationIdIn(verificationId),
      reply: isJson(reply) ? reply : malformed("the reply"),
      expiresAt: whole(expiresAt, "the reply's end"),
    };
  },
  placeInTime: ({ expiresAt }) => expiresAt - sweptAfterMs,
};

/** What is learned of one gateway in one country, for one service. */
export const scoreKind: RowKind<GatewayScore> = {
  tag: "g",
  isRevisited: false,
  encode: ({ callingCode, gateway, sent, verified, at }) => JSON.stringify([callingCode, gateway, sent, verified, at]),
  decode: (state) => {
    const [callingCode, gateway, sent, verified, at] = listIn(state, "the score");
    if (typeof callingCode !== "string" || typeof gateway !== "string") malformed("the score");
    return {
      callingCode,
      gateway,
      sent: numberIn(sent, "the score"),
      verified: numberIn(verified, "the score"),
      at: wholeIn(at, "the score"),
    };
  },
  placeInTime: ({ at }) => at + learning.forgetMs - sweptAfterMs,
};

/** What is known of the traffic to one place. */
export const trafficKind: RowKind<TrafficRow> = {
  tag: "t",
  isRevisited: true,
  encode: ({ serviceId, place, sent, verified, at, firstAt, verifiedAt, blockedUntil, strikes }) =>
    JSON.stringify([
      serviceId,
      place,
      rounded(sent),
      rounded(verified),
      at,
      firstAt,
      verifiedAt,
      blockedUntil,
      strikes,
    ]),
  decode: (state) => {
    const what = "the traffic";
    const [serviceId, place, sent, verified, ...numbers] = listIn(state, what);
    if (typeof serviceId !== "string" || typeof place !== "string") malformed(what);
    const [at = 0, firstAt = 0, verifiedAt = 0, blockedUntil = 0, strikes = 0] = numbers.map((each) =>
      wholeIn(each, what),
    );
    const counts = { sent: rounded(numberIn(sent, what)), verified: rounded(numberIn(verified, what)) };
    return { serviceId, place, ...counts, at, firstAt, verifiedAt, blockedUntil, strikes };
  },
  placeInTime: ({ at }) => trafficPlaceInTime(at),
};

/** Where rows that were last written at `at` stand: behind all rows of requests, so that the newest are found at once. */
export function trafficPlaceInTime(at: number): number {
  return at + guard.forgetMs - sweptAfterMs;
}

/** Thousandths are enough. */
function rounded(count: number): number {
  return Math.round(count * 1_000) / 1_000;
}

/** What the policy decided, in its recipient's bucket. */
export const decisionKind: RowKind<PolicyDecision> = {
  tag: "d",
  isRevisited: false,
  encode: (decision) => JSON.stringify(decision),
  decode: decodeDecision,
  placeInTime: ({ at }) => decisionPlaceInTime(at),
};

/** Where decisions made at `at` stand. */
export function decisionPlaceInTime(at: number): number {
  return at + retention.decisionsMs - sweptAfterMs;
}

/** When a server was last asked whether it is ready. */
export interface ReadinessRow {
  /** Unix ms. */
  readonly at: number;
}

export const readinessKind: RowKind<ReadinessRow> = {
  tag: "y",
  isRevisited: true,
  encode: ({ at }) => String(at),
  // Nothing depends on it, and no server would be ready until it were mended: it is written anew.
  decode: (state) => ({ at: /^\d{1,15}$/.test(state) ? Number(state) : 0 }),
  placeInTime: ({ at }) => at,
};

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const kinds: ReadonlyMap<string, RowKind<never>> = new Map(
  [recipientKind, claimKind, replyKind, scoreKind, trafficKind, decisionKind, readinessKind].map((kind) => [
    kind.tag,
    kind as RowKind<never>,
  ]),
);

export function kindOf(tag: string): RowKind<unknown> {
  const kind = kinds.get(tag);
  if (!kind) throw new Error(`no kind of row has the tag ${tag}`);
  return kind as RowKind<unknown>;
}

/** What stands in a row. Throws UnreadableRow, which says where it is and nothing of what it holds. */
export function readRow<Row>({ kind, bucket }: Pick<RowRef<Row>, "kind" | "bucket">, text: string): Row {
  try {
    return kind.decode(text);
  } catch (fault) {
    const why = fault instanceof UnreadableRow ? fault.message : "it is malformed";
    throw new UnreadableRow(`a row of kind ${kind.tag} in bucket ${bucket} can't be read: ${why}`);
  }
}

export function rowRef<Row>(
  kind: RowKind<Row>,
  place: Pick<RowRef, "hash" | "accountId" | "scopeId" | "text">,
  likelyAbsent = false,
  key = keyBytes(kind.tag, place.accountId, place.scopeId, place.text),
): RowRef<Row> {
  const { hash: placeHash, accountId, scopeId, text } = place;
  const name = `${kind.tag}${accountId}${scopeId}${text}`;
  return { kind, hash: placeHash, bucket: bucketOf(placeHash), accountId, scopeId, text, key, name, likelyAbsent };
}

/** A row that was found; `undefined`: it is of a kind that this program does not know. */
export function metRow(key: Buffer, placeHash: number, text: string): MetRow | undefined {
  let ref: RowRef;
  try {
    ref = refOf(key, placeHash);
  } catch {
    return undefined;
  }
  try {
    return { ref, row: readRow(ref, text) };
  } catch (fault) {
    return { ref, row: undefined, fault: fault as UnreadableRow };
  }
}

/** The place that a row's key was made from. `hash`: what the engine stores of it. */
export function refOf(key: Buffer, placeHash: number): RowRef {
  const { tag, accountId, scopeId, text } = keyParts(key);
  return rowRef(kindOf(tag), { hash: placeHash, accountId, scopeId, text }, false, key);
}

/** `likelyAbsent`: most sends go to a number that has no row. */
export function recipientRef(key: RecipientKey, likelyAbsent = false): RowRef<RecipientRow> {
  const { hash: placeHash, accountId, serviceId, channel, recipient } = key;
  return rowRef(
    recipientKind,
    { hash: placeHash, accountId, scopeId: serviceId, text: `${channel} ${recipient}` },
    likelyAbsent,
  );
}

/** The recipient whose row this is. */
export function recipientOf({ hash: placeHash, accountId, scopeId, text }: RowRef): RecipientKey {
  const space = text.indexOf(" ");
  const channel = text.slice(0, space) as RecipientKey["channel"];
  return { accountId, serviceId: scopeId, channel, recipient: text.slice(space + 1), hash: placeHash };
}

/** The two rows of an idempotency key. */
export function claimRefs(claim: IdempotencyClaim): ClaimRefs {
  const { accountId, operation, key } = claim;
  const placeHash = hash48(`${accountId} ${operation} ${key}`);
  const text = `${operation} ${key}`;
  return {
    claim: rowRef(claimKind, { hash: placeHash, accountId, scopeId: noScope, text }, true),
    replyIn: (bucket) =>
      rowRef(
        replyKind,
        { hash: hashIn(bucket, placeHash), accountId, scopeId: noScope, text: `${bucket} ${text}` },
        true,
      ),
  };
}

export function scoreRef({
  serviceId,
  callingCode,
  gateway,
}: Pick<ScoreIncrement, "serviceId" | "callingCode" | "gateway">): RowRef<GatewayScore> {
  return rowRef(scoreKind, {
    hash: hash48(`score ${serviceId}`),
    accountId: noScope,
    scopeId: serviceId,
    text: `${callingCode} ${gateway}`,
  });
}

export function trafficRef({ serviceId, place }: Pick<TrafficRow, "serviceId" | "place">): RowRef<TrafficRow> {
  const placeHash = hash48(`traffic ${serviceId} ${place}`);
  return rowRef(trafficKind, { hash: placeHash, accountId: noScope, scopeId: serviceId, text: place });
}

/** `placeHash`: the recipient's. */
export function decisionRef(
  { accountId, serviceId, to, decisionId }: Pick<PolicyDecision, "accountId" | "serviceId" | "to" | "decisionId">,
  placeHash: number,
): RowRef<PolicyDecision> {
  const text = `sms ${to} ${decisionId}`;
  return rowRef(decisionKind, { hash: placeHash, accountId, scopeId: serviceId, text }, true);
}

/** One row for all servers. */
export const readinessRef: RowRef<ReadinessRow> = rowRef(readinessKind, {
  hash: hash48("readiness"),
  accountId: noScope,
  scopeId: noScope,
  text: "",
});

/** Where a recipient's rows lie: the keyring's `placeOf`. */
export type PlaceOf = (accountId: string, channel: string, recipient: string) => number;

/** The hash that the row's place was made with, for rows of which only the bucket was kept. */
export function rehash(ref: RowRef, placeOf: PlaceOf): number {
  const { kind, accountId, scopeId, text } = ref;
  if (kind === readinessKind) return readinessRef.hash;
  if (kind === scoreKind) return scoresHash(scopeId);
  if (kind === decisionKind) {
    const [channel = "", to = ""] = text.split(" ");
    return placeOf(accountId, channel, to);
  }
  if (kind === trafficKind) return trafficRef({ serviceId: scopeId, place: text }).hash;
  if (kind === claimKind) return hash48(`${accountId} ${text}`);
  if (kind === replyKind) {
    const space = text.indexOf(" ");
    return hashIn(Number(text.slice(0, space)), hash48(`${accountId} ${text.slice(space + 1)}`));
  }
  const { channel, recipient } = recipientOf(ref);
  return placeOf(accountId, channel, recipient);
}

/** Where the scores of a service lie. */
export function scoresHash(serviceId: string): number {
  return hash48(`score ${serviceId}`);
}

/** 48 bits of SHA-256: a client can't choose keys that share a place. */
export function hash48(text: string): number {
  return hash("sha256", text, "buffer").readUIntBE(0, 6);
}
