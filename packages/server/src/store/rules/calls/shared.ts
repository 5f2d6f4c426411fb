/** What several calls do alike. */
import type { IdempotencyClaim, IdempotencyConflict } from "../../../model/idempotency.ts";
import type { CountedBucket, SharedLimit, SharedScope } from "../../../model/limits.ts";
import { bucketOf, type RecipientKey } from "../../../model/recipient.ts";
import type { Count, CounterRef, Needs, RowRef, View, Write } from "../../engine.ts";
import { afterFailover } from "../failover.ts";
import { type ClaimRefs, type ClaimRow, idempotencyConflict } from "../idempotency.ts";
import { claimRefs } from "../kinds.ts";
import { emptyRow, newestTimeIn, type RecipientRow } from "../row.ts";

/** A call's idempotency key with the places of its two rows. */
export interface Keyed {
  readonly claim: IdempotencyClaim;
  readonly refs: ClaimRefs;
}

export function keyed(claim: IdempotencyClaim | undefined): Keyed | undefined {
  return claim && { claim, refs: claimRefs(claim) };
}

/** What the key says before anything else is decided; `undefined` if the call has none, or its request may run. */
export function whatKeySays(view: View, key: Keyed | undefined): IdempotencyConflict | Needs | undefined {
  return key && idempotencyConflict(view, key.claim, key.refs);
}

/** A recipient's row as it counts now, and the time to decide by: none before the newest in the row. */
export function recipientIn(view: View, ref: RowRef<RecipientRow>): { row: RecipientRow; now: number } {
  const row = afterFailover(view.row(ref) ?? emptyRow(), view.codesFrom);
  return { row, now: Math.max(view.now, newestTimeIn(row), view.codesFrom) };
}

export function isNeeds(answer: object): answer is Needs {
  return "needs" in answer;
}

/** The claim of a request that runs until its lease ends. */
export function runningClaim(
  { claim, refs }: Keyed,
  recipient: RecipientKey,
  lease: Pick<ClaimRow, "leaseToken" | "leaseUntil" | "until">,
): Write {
  for (const [keyId, fingerprint] of claim.fingerprints) {
    const row = { bucket: bucketOf(recipient.hash), keyId, fingerprint: fingerprint.toString("base64url"), ...lease };
    return { ref: refs.claim, row };
  }
  throw new Error("an idempotency claim has no fingerprint");
}

/** The stored reply of a request; its fingerprint is the primary key's, as its claim's is. */
export function storedReply(
  { claim, refs }: Keyed,
  recipient: RecipientKey,
  stored: { verificationId: string; reply: string; expiresAt: number },
): Write {
  for (const fingerprint of claim.fingerprints.values()) {
    const row = { fingerprint: fingerprint.toString("base64url"), ...stored };
    return { ref: refs.replyIn(bucketOf(recipient.hash)), row };
  }
  throw new Error("an idempotency claim has no fingerprint");
}

/** Claim and reply of a request that was decided in this very step. */
export function answeredAtOnce(
  key: Keyed | undefined,
  recipient: RecipientKey,
  stored: { verificationId: string; reply: string; expiresAt: number },
): Write[] {
  if (!key) return [];
  const claim = runningClaim(key, recipient, { leaseToken: null, leaseUntil: 0, until: stored.expiresAt });
  return [claim, storedReply(key, recipient, stored)];
}

export function counterOf(accountId: string, { scope, subject, limit, open, cost }: SharedLimit): CounterRef {
  const { count, windowMs } = limit;
  const likelyAbsent = !busy.has(scope);
  return { accountId, text: counterText(scope, windowMs, subject), count, windowMs, open, cost, likelyAbsent };
}

/** Limits that most sends count in; the others have a counter for each recipient, client or prefix. */
const busy: ReadonlySet<SharedScope> = new Set(["service", "account", "country", "budget"]);

/** The counter that a bucket was counted in; its limit is no longer known, and not checked. */
export function counterOfBucket(accountId: string, { scope, subject, windowMs }: CountedBucket): CounterRef {
  return { accountId, text: counterText(scope, windowMs, subject), count: 0, windowMs };
}

/** The counter of a limit, by index, as a call that takes `cost` of it asks. */
export function counterAt(counters: readonly CounterRef[], index: number, cost: number): CounterRef {
  const counter = counters[index];
  if (!counter) throw new Error("a call asked for a limit that it did not name");
  return cost === (counter.cost ?? 1) ? counter : { ...counter, cost };
}

/** What was decided to be counted, in the limits that the call named. */
export function countsOf(counted: readonly CountedBucket[], counters: readonly CounterRef[]): Count[] {
  return counted.map(({ scope, subject, windowMs, bucketAt, slot, n }) => {
    const text = counterText(scope, windowMs, subject);
    const counter = counters.find((each) => each.text === text);
    if (!counter) throw new Error("a call counted in a limit that it did not name");
    return { counter, slot, bucketAt, n };
  });
}

/** What gives back all that was counted. */
export function givenBack(
  accountId: string,
  buckets: readonly CountedBucket[],
): { counters: readonly CounterRef[]; counts: readonly Count[] } {
  const counts = buckets.map((bucket) => ({
    counter: counterOfBucket(accountId, bucket),
    slot: bucket.slot,
    bucketAt: bucket.bucketAt,
    n: -bucket.n,
  }));
  return { counters: counts.map(({ counter }) => counter), counts };
}

/** Unique within the account. */
export function counterText(scope: string, windowMs: number, subject: string): string {
  return `${scope} ${windowMs} ${subject}`;
}
