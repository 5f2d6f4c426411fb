/**
 * What an idempotency key says to a new request. Pure. A key has two rows: its claim, found by the key alone, says
 * which request uses it and in which bucket the reply lies; the reply lies with its recipient. So everything that one
 * call writes about a recipient lies in one bucket, and the same key for another recipient is still noticed.
 */
import type { IdempotencyClaim, IdempotencyConflict } from "../../model/idempotency.ts";
import type { Needs, RowRef, View } from "../engine.ts";

export interface ClaimRow {
  /** Where the reply lies. */
  readonly bucket: number;
  readonly keyId: string;
  /** Of the request, base64url. */
  readonly fingerprint: string;
  /** The running request's lease. */
  readonly leaseToken: string | null;
  /** Until then, Unix ms, the request runs if no reply is stored. */
  readonly leaseUntil: number;
  /** From then on the key has expired, Unix ms. */
  readonly until: number;
}

export interface ReplyRow {
  readonly fingerprint: string;
  /** The verification that the reply names; the reply is removed when it is erased. */
  readonly verificationId: string;
  /** JSON. */
  readonly reply: string;
  readonly expiresAt: number;
}

export interface ClaimRefs {
  readonly claim: RowRef<ClaimRow>;
  replyIn(bucket: number): RowRef<ReplyRow>;
}

/** `undefined`: the request may run, because the key is new, expired, or its request died and its lease has ended. */
export function idempotencyConflict(
  view: View,
  claim: IdempotencyClaim,
  refs: ClaimRefs,
): IdempotencyConflict | Needs | undefined {
  const row = view.row(refs.claim);
  if (!row || view.now >= row.until) return undefined;
  const replyRef = refs.replyIn(row.bucket);
  if (!view.has(replyRef)) return { needs: [replyRef] };
  const reply = view.row(replyRef);
  const stored = reply && view.now < reply.expiresAt && reply.fingerprint === row.fingerprint ? reply : undefined;
  if (!stored && view.now >= row.leaseUntil) return undefined;
  if (claim.fingerprints.get(row.keyId)?.toString("base64url") !== row.fingerprint) return { kind: "key_reused" };
  if (stored) return { kind: "replayed", reply: stored.reply };
  return { kind: "in_progress", retryAfterMs: row.leaseUntil - view.now };
}
