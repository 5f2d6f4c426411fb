/**
 * Keeps what the policy decided, off the path of requests: a decision is stored within a quarter of a second. So many a
 * second are kept and no more, so that a flood of refusals costs little.
 */
import { newVerificationId } from "../model/ids.ts";
import type { PlacedDecision, PolicyDecision } from "../model/policy-decision.ts";
import { bucketOf } from "../model/recipient.ts";
import type { Log } from "../observe/log.ts";
import type { Store } from "../store/port.ts";

export interface DecisionLogOptions {
  readonly store: Pick<Store, "keepDecisions" | "now">;
  readonly log: Log;
  /** How many are kept of one second. */
  readonly mostPerSecond?: number;
}

const restMs = 250;
const mostInOneStep = 100;

export class DecisionLog {
  readonly #options: DecisionLogOptions;
  readonly #mostPerSecond: number;
  #waiting: PlacedDecision[] = [];
  #second = 0;
  #ofSecond = 0;
  /** Decisions that were not kept because there were too many. */
  dropped = 0;
  #timer: NodeJS.Timeout | undefined;
  #storing: Promise<void> | undefined;

  constructor(options: DecisionLogOptions) {
    this.#options = options;
    this.#mostPerSecond = options.mostPerSecond ?? 50;
  }

  /** The decision's id; `undefined`: it is not kept. `hash`: the recipient's. */
  keep(decision: Omit<PolicyDecision, "decisionId" | "at">, hash: number): string | undefined {
    const at = this.#options.store.now();
    const second = Math.floor(at / 1_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#ofSecond = 0;
    }
    if (this.#ofSecond >= this.#mostPerSecond) {
      this.dropped += 1;
      return undefined;
    }
    this.#ofSecond += 1;
    const decisionId = newVerificationId(at, bucketOf(hash));
    this.#waiting.push({ decision: { ...decision, decisionId, at }, hash });
    this.#timer ??= setTimeout(() => void this.store(), restMs).unref();
    return decisionId;
  }

  /** Stores what waits. What can't be stored is lost, and said. */
  store(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#storing ??= this.#store().finally(() => {
      this.#storing = undefined;
    });
    return this.#storing;
  }

  async close(): Promise<void> {
    await this.#storing;
    await this.store();
  }

  async #store(): Promise<void> {
    while (this.#waiting.length > 0) {
      const step = this.#waiting.splice(0, mostInOneStep);
      await this.#options.store.keepDecisions(step).catch(({ message }: Error) => {
        this.#options.log.warn(
          { event: "decisions_not_stored", count: step.length, message },
          "decisions of the policy could not be stored",
        );
      });
    }
  }
}
