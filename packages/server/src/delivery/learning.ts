/**
 * Routes that learn: what became of each gateway's messages, and the order that follows. A message counts for a
 * service, a country and a gateway; that its code was verified counts for the gateway that took the last message.
 * Counts are kept here and shared through the store every few seconds, so that no request waits for them.
 */
import { setImmediate as afterReplies } from "node:timers/promises";
import { type DeliveryAttempt, learning } from "@antryk/contract";
import { LRUCache } from "lru-cache";
import type { RecipientKey } from "../model/recipient.ts";
import { faded, type GatewayScore, type ScoreIncrement } from "../model/score.ts";
import type { Log } from "../observe/log.ts";
import { type Random, type Ranked, rankGateways } from "../policy/learning.ts";
import { callingCodeOf } from "../policy/recipient.ts";
import type { Store } from "../store/port.ts";
import type { NamedGateway } from "./deliver.ts";
import { ScoreLedger } from "./score-ledger.ts";

export interface LearningOptions {
  readonly random?: Random;
  /** How often counts are shared, ms. */
  readonly shareMs?: number;
}

/** A verification whose code was right. */
export type Verified = RecipientKey & { readonly verificationId: string };

/**
 * The most that wait to be looked up, and the most that are stored in one step. Beyond the first, verified codes are
 * not counted, whichever gateway they came by.
 */
const mostWaiting = 10_000;
const mostInOneStep = 200;

export class RouteLearning {
  readonly #store: Store;
  readonly #log: Log;
  readonly #random: Random;
  readonly #shareMs: number;
  readonly #ledger: ScoreLedger;
  readonly #scores: LRUCache<string, GatewayScore[]>;
  readonly #waiting: Verified[] = [];
  #looking: Promise<void> | undefined;
  #sharing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(store: Store, log: Log, { random = Math.random, shareMs = learning.shareMs }: LearningOptions = {}) {
    this.#store = store;
    this.#log = log;
    this.#random = random;
    this.#shareMs = shareMs;
    this.#ledger = new ScoreLedger(shareMs);
    this.#scores = new LRUCache<string, GatewayScore[]>({
      max: 1_000,
      ttl: shareMs,
      // What is old is used while the new is being read.
      allowStale: true,
      allowStaleOnFetchRejection: true,
      noDeleteOnFetchRejection: true,
      fetchMethod: (serviceId) => store.gatewayScores(serviceId),
    });
  }

  /** The gateways, the most promising first, each with the reason; as they came if nothing can be read. */
  async order(
    serviceId: string,
    recipient: string,
    gateways: readonly NamedGateway[],
  ): Promise<readonly NamedGateway[]> {
    const scores = await this.#scores.fetch(serviceId).catch(() => undefined);
    if (!scores) return gateways;
    const country = countryOf(recipient);
    const now = this.#store.now();
    const countsOf = (name: string) => {
      const score = scores.find(({ callingCode, gateway }) => callingCode === country && gateway === name);
      return score && faded(score, now);
    };
    const ranked = rankGateways(
      gateways.map(({ name }) => name),
      countsOf,
      this.#random,
    );
    return ranked.flatMap((rank) =>
      gateways.filter(({ name }) => name === rank.name).map((named) => ({ ...named, chosen: chosenBy(rank) })),
    );
  }

  /** Counts the messages that gateways took, or may have taken, if this put them in order. A refusal is no message. */
  sent({ serviceId, recipient }: RecipientKey, attempts: readonly DeliveryAttempt[]): void {
    for (const { chosen, outcome, gateway, at } of attempts) {
      if (!chosen || outcome === "refused") continue;
      const dueAt = Date.parse(at) + learning.ripeMs;
      this.#ledger.add({ serviceId, callingCode: countryOf(recipient), gateway }, { sent: 1, verified: 0 }, dueAt);
      this.#start();
    }
  }

  /**
   * Counts a verified code. The record says whose message it was, whichever server sent it; it is read when there is
   * time.
   */
  verified(verification: Verified): void {
    if (this.#waiting.length >= mostWaiting) return;
    this.#waiting.push(verification);
    this.#looking ??= this.#lookUp().finally(() => {
      this.#looking = undefined;
    });
  }

  /** Stores what is due, or everything. */
  share(everything = false): Promise<void> {
    this.#sharing ??= this.#share(everything ? Number.POSITIVE_INFINITY : this.#store.now()).finally(() => {
      this.#sharing = undefined;
    });
    return this.#sharing;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
    await this.#sharing;
    await this.share(true);
  }

  async #lookUp(): Promise<void> {
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      await afterReplies();
      const { accountId, serviceId, recipient, verificationId } = next;
      const record = await this.#store.findVerification(accountId, verificationId).catch(() => undefined);
      const last = record?.deliveries.findLast(({ outcome }) => outcome !== "refused");
      if (!last?.chosen) continue;
      const dueAt = Date.parse(last.at) + learning.ripeMs;
      this.#ledger.add(
        { serviceId, callingCode: countryOf(recipient), gateway: last.gateway },
        { sent: 0, verified: 1 },
        dueAt,
      );
      this.#start();
    }
  }

  async #share(until: number): Promise<void> {
    const due = this.#ledger.take(until);
    for (let from = 0; from < due.length; from += mostInOneStep) {
      const part = due.slice(from, from + mostInOneStep);
      await this.#store.learn(part).catch((fault: Error) => this.#keep(part, fault));
    }
  }

  /** The next `share` has them again. */
  #keep(increments: readonly ScoreIncrement[], { message }: Error): void {
    for (const increment of increments) this.#ledger.add(increment, increment, this.#store.now());
    this.#log.warn(
      { event: "learning_not_shared", count: increments.length, message },
      "what routes learned could not be stored",
    );
  }

  #start(): void {
    this.#timer ??= setInterval(() => void this.share(), this.#shareMs).unref();
  }
}

function countryOf(recipient: string): string {
  return callingCodeOf(recipient) ?? "other";
}

function chosenBy({ by, share, sent, verified }: Ranked): NonNullable<DeliveryAttempt["chosen"]> {
  return { by, share: Math.round(share * 100) / 100, sent: Math.round(sent), verified: Math.round(verified) };
}
