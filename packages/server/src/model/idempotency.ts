/** Idempotency keys: what a request claims, and what the key says. */
import type { PostOperation } from "@antryk/contract";

/** Every operation that takes a body takes an `Idempotency-Key` too. */
export type IdempotentOperation = PostOperation;

/** An `Idempotency-Key` as the store sees it. */
export interface IdempotencyClaim {
  readonly accountId: string;
  readonly operation: IdempotentOperation;
  readonly key: string;
  /** Fingerprint of the request by key id, one for each live key; the first is the primary key's and is stored. */
  readonly fingerprints: ReadonlyMap<string, Buffer>;
}

/** What an idempotency key says before anything else runs. `reply` is the JSON that was stored. */
export type IdempotencyConflict =
  | { readonly kind: "replayed"; readonly reply: string }
  | { readonly kind: "key_reused" }
  | { readonly kind: "in_progress"; readonly retryAfterMs: number };
