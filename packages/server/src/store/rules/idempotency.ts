/** What a stored idempotency key says to a new request. Pure. */
import type { IdempotencyClaim, IdempotencyConflict } from "../../model/idempotency.ts";

export interface IdempotencyRow {
  readonly keyId: string;
  readonly fingerprint: Buffer;
  /** The reply's JSON; null while the first request runs. */
  readonly reply: string | null;
  /** The end of the reply, or of the running request's lease. */
  readonly expiresAt: number;
}

/** `undefined`: the request may run, because the key is new, over, or its request died and its lease has lapsed. */
export function idempotencyConflict(
  row: IdempotencyRow | undefined,
  claim: IdempotencyClaim,
  now: number,
): IdempotencyConflict | undefined {
  if (!row || now >= row.expiresAt) return undefined;
  const fingerprint = claim.fingerprints.get(row.keyId);
  if (!fingerprint?.equals(row.fingerprint)) return { kind: "key_reused" };
  if (row.reply !== null) return { kind: "replayed", reply: row.reply };
  return { kind: "in_progress", retryAfterMs: row.expiresAt - now };
}
