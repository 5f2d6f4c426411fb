/** What limits that many recipients share have room for, and the refusal if they have none. Pure. */
import type { LimitName } from "@antryk/contract";
import type { CountedBucket, LimitRefusal, SharedLimit, SharedScope } from "../../model/limits.ts";
import type { OverBudget } from "../../model/sending.ts";
import type { Room } from "../engine.ts";
import { bucketMs, bucketsWaitMs, longest } from "./limits.ts";

/** What a shared limit, by index, has room for. */
export type ReadCounter = (index: number, cost: number) => Room;

/** What clients read as `limit`. */
const names: Readonly<Record<Exclude<SharedScope, "budget">, LimitName>> = {
  service: "service",
  account: "account",
  client: "client",
  network: "client",
  country: "country",
  prefix: "prefix",
  new_prefix: "prefix",
  named: "named",
  recipient: "recipient",
  guesses: "client",
};

/**
 * What the limits count of this call, or the refusal that lasts longest, a budget's before a limit's. `others`: refusals
 * by what is not shared. `sendsBefore`: of the recipient's own row, as far as they count. A reply tells what this call may use of a limit, not what others may.
 */
export function roomInShared(
  limits: readonly SharedLimit[],
  now: number,
  readCounter: ReadCounter,
  others: readonly LimitRefusal[] = [],
  sendsBefore = 1,
): { refusal: LimitRefusal | undefined; overBudget: OverBudget | undefined; counted: readonly CountedBucket[] } {
  const refusals = [...others];
  const counted: CountedBucket[] = [];
  let overBudget: OverBudget | undefined;
  for (const [index, shared] of limits.entries()) {
    const { scope, subject, limit, open = limit.count } = shared;
    // Most recipients get one message: the first one of a service is counted with the second, so that it costs nothing.
    if (scope === "recipient" && sendsBefore === 0) continue;
    const cost = scope === "recipient" && sendsBefore === 1 ? 2 : (shared.cost ?? 1);
    const { takes, buckets } = readCounter(index, cost);
    const bucketAt = now - (now % bucketMs(limit.windowMs));
    for (const take of takes) counted.push({ scope, subject, windowMs: limit.windowMs, bucketAt, ...take });
    if (takes.length > 0) continue;
    const usable = { ...limit, count: open };
    const retryAfterMs = Math.max(1, bucketsWaitMs(buckets, usable, now, cost));
    if (scope === "budget") {
      if (!overBudget || overBudget.retryAfterMs < retryAfterMs)
        overBudget = { kind: "over_budget", subject, limit, retryAfterMs };
    } else refusals.push({ kind: "rate_limited", name: names[scope], limit: usable, retryAfterMs, locked: false });
  }
  return { refusal: longest(refusals), overBudget, counted };
}

/** What was counted in budgets beyond what was spent, micros: of each budget, from the slots that it was taken of last. */
export function unspentOf(counted: readonly CountedBucket[], spentMicros: number): CountedBucket[] {
  const left = new Map<string, number>();
  const unspent: CountedBucket[] = [];
  for (const bucket of counted) {
    if (bucket.scope !== "budget") continue;
    const name = `${bucket.windowMs} ${bucket.subject}`;
    const toSpend = left.get(name) ?? spentMicros;
    const kept = Math.min(bucket.n, toSpend);
    left.set(name, toSpend - kept);
    if (kept < bucket.n) unspent.push({ ...bucket, n: bucket.n - kept });
  }
  return unspent;
}
