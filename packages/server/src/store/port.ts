/**
 * The store port: atomic domain verbs, never read-then-write. One meaning for every engine; the testkit's suite holds each
 * of them to it. Times are Unix milliseconds of the store's own clock.
 */
import type { AccountStore } from "./ports/accounts.ts";
import type { GatewayStore, ReceiptStore } from "./ports/gateways.ts";
import type { WorkQueue } from "./ports/queue.ts";
import type { ScoreStore } from "./ports/scores.ts";
import type { Upkeep } from "./ports/upkeep.ts";
import type { VerificationStore } from "./ports/verifications.ts";

export interface Store extends VerificationStore, AccountStore, GatewayStore, ReceiptStore, ScoreStore, Upkeep {
  /** The engine's name, for logs and `doctor`. */
  readonly engine: string;
  /** What must still be done, by whichever process takes it. */
  readonly queue: WorkQueue;
  /** The store's clock, Unix ms. */
  now(): number;
}
