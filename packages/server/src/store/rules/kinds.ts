/** The kinds of rows that calls decide over, and where each is stored. */
import { hash } from "node:crypto";
import { bounds, learning, retention } from "@antryk/contract";
import type { IdempotencyClaim } from "../../model/idempotency.ts";
import { uuidTime } from "../../model/ids.ts";
import { bucketOf, hashIn, type RecipientKey } from "../../model/recipient.ts";
import type { GatewayScore, ScoreIncrement } from "../../model/score.ts";
import type { RowKind, RowRef } from "../engine.ts";
import { decodeRecipient, encodeRecipient } from "./codec.ts";
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
    const [bucket, keyId = "", fingerprint = "", leaseToken, leaseUntil, until] = state.split(" ");
    return {
      bucket: Number(bucket),
      keyId,
      fingerprint,
      leaseToken: leaseToken || null,
      leaseUntil: Number(leaseUntil),
      until: Number(until),
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
    return { fingerprint, verificationId, reply, expiresAt: Number(expiresAt) };
  },
  placeInTime: ({ expiresAt }) => expiresAt - sweptAfterMs,
};

/** What is learned of one gateway in one country, for one service. */
export const scoreKind: RowKind<GatewayScore> = {
  tag: "g",
  isRevisited: false,
  encode: ({ callingCode, gateway, sent, verified, at }) => JSON.stringify([callingCode, gateway, sent, verified, at]),
  decode: (state) => {
    const [callingCode, gateway, sent, verified, at] = JSON.parse(state);
    return { callingCode, gateway, sent, verified, at };
  },
  placeInTime: ({ at }) => at + learning.forgetMs - sweptAfterMs,
};

/** When a server was last asked whether it is ready. */
export interface ReadinessRow {
  /** Unix ms. */
  readonly at: number;
}

export const readinessKind: RowKind<ReadinessRow> = {
  tag: "y",
  isRevisited: true,
  encode: ({ at }) => String(at),
  decode: (state) => ({ at: Number(state) }),
  placeInTime: ({ at }) => at,
};

const kinds: ReadonlyMap<string, RowKind<never>> = new Map(
  [recipientKind, claimKind, replyKind, scoreKind, readinessKind].map((kind) => [kind.tag, kind as RowKind<never>]),
);

export function kindOf(tag: string): RowKind<unknown> {
  const kind = kinds.get(tag);
  if (!kind) throw new Error(`no kind of row has the tag ${tag}`);
  return kind as RowKind<unknown>;
}

export function rowRef<Row>(
  kind: RowKind<Row>,
  place: Pick<RowRef, "hash" | "accountId" | "scopeId" | "text">,
  likelyAbsent = false,
): RowRef<Row> {
  const { hash: placeHash, accountId, scopeId, text } = place;
  const key = keyBytes(kind.tag, accountId, scopeId, text);
  const name = `${kind.tag}${accountId}${scopeId}${text}`;
  return { kind, hash: placeHash, bucket: bucketOf(placeHash), accountId, scopeId, text, key, name, likelyAbsent };
}

/** The place that a row's key was made from. `hash`: what the engine stores of it. */
export function refOf(key: Buffer, placeHash: number): RowRef {
  const { tag, accountId, scopeId, text } = keyParts(key);
  return rowRef(kindOf(tag), { hash: placeHash, accountId, scopeId, text });
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
