/**
 * The store port: atomic domain verbs, never read-then-write. They mean the same on every engine; the testkit's suite
 * checks each of them. Times are Unix milliseconds of the store's clock.
 */
import type { AccountStore } from "./ports/accounts.ts";
import type { DecisionStore } from "./ports/decisions.ts";
import type { GatewayStore, ReceiptStore } from "./ports/gateways.ts";
import type { IdentityStore } from "./ports/identity.ts";
import type { LimitStore } from "./ports/limits.ts";
import type { ListStore } from "./ports/lists.ts";
import type { PriceStore } from "./ports/prices.ts";
import type { WorkQueue } from "./ports/queue.ts";
import type { ScoreStore } from "./ports/scores.ts";
import type { SearchStore } from "./ports/search.ts";
import type { TrafficStore } from "./ports/traffic.ts";
import type { Upkeep } from "./ports/upkeep.ts";
import type { VerificationStore } from "./ports/verifications.ts";

export interface Store
  extends VerificationStore,
    AccountStore,
    GatewayStore,
    ReceiptStore,
    ScoreStore,
    SearchStore,
    IdentityStore,
    LimitStore,
    ListStore,
    PriceStore,
    TrafficStore,
    DecisionStore,
    Upkeep {
  /** The engine's name, for logs and `doctor`. */
  readonly engine: string;
  /** The newest schema that this program knows. */
  readonly newestSchema: number;
  /** What must still be done, by any process that takes it. */
  readonly queue: WorkQueue;
  /** The store's clock, Unix ms. */
  now(): number;
}
