/**
 * What a send passes before a gateway: a circuit breaker, caps on concurrency and rate, and the rest that the gateway
 * asks for.
 */
import { BrokenCircuitError, CircuitState, ConsecutiveBreaker, circuitBreaker, handleWhenResult } from "cockatiel";
import type { Failed, SendResult } from "../gateways/port.ts";

/** Failures of the gateway itself, not of one message. */
const faults = new Set<Failed["class"]>(["unavailable", "timeout", "unknown", "auth", "quota"]);

export const breakerDefaults = { consecutiveFaults: 5, restMs: 10_000 } as const;

export interface GuardLimits {
  readonly maxConcurrent: number | null;
  readonly maxPerSecond: number | null;
}

/** A gateway's state as an operator sees it. */
export interface GatewayHealth {
  readonly circuit: "closed" | "open" | "half-open";
  readonly inFlight: number;
  readonly accepted: number;
  readonly failed: number;
  /** Class and time of the last failure, ISO 8601. */
  readonly lastFailure: { readonly class: string; readonly at: string } | null;
}

export class GatewayGuard {
  readonly #breaker;
  readonly #limits: GuardLimits;
  readonly #now: () => number;
  #inFlight = 0;
  #accepted = 0;
  #failed = 0;
  #lastFailure: GatewayHealth["lastFailure"] = null;
  /** Sends that may begin now; refilled by the second. */
  #tokens: number;
  #refilledAt: number;
  #restUntil = 0;

  constructor(
    limits: GuardLimits,
    now: () => number,
    { consecutiveFaults, restMs }: { consecutiveFaults: number; restMs: number } = breakerDefaults,
  ) {
    this.#limits = limits;
    this.#now = now;
    this.#tokens = limits.maxPerSecond ?? 0;
    this.#refilledAt = now();
    this.#breaker = circuitBreaker(
      handleWhenResult((result) => (result as SendResult).outcome === "failed" && faults.has((result as Failed).class)),
      { halfOpenAfter: restMs, breaker: new ConsecutiveBreaker(consecutiveFaults) },
    );
  }

  /** Asks the gateway, or says at once why it is not asked; then nothing was sent. */
  async run(send: () => Promise<SendResult>): Promise<SendResult> {
    const refusal = this.#refusal();
    if (refusal) return notAsked(refusal);
    this.#inFlight += 1;
    try {
      const result = await this.#breaker.execute(send);
      this.#learn(result);
      return result;
    } catch (fault) {
      if (fault instanceof BrokenCircuitError) return notAsked("its circuit is open");
      throw fault;
    } finally {
      this.#inFlight -= 1;
    }
  }

  health(): GatewayHealth {
    const circuit =
      this.#breaker.state === CircuitState.Closed
        ? "closed"
        : this.#breaker.state === CircuitState.HalfOpen
          ? "half-open"
          : "open";
    return {
      circuit,
      inFlight: this.#inFlight,
      accepted: this.#accepted,
      failed: this.#failed,
      lastFailure: this.#lastFailure,
    };
  }

  #refusal(): string | undefined {
    const { maxConcurrent, maxPerSecond } = this.#limits;
    const now = this.#now();
    // The breaker would hold this message until the one that tests the gateway is answered, whatever its time budget.
    if (this.#breaker.state === CircuitState.HalfOpen) return "another message is testing its circuit";
    if (now < this.#restUntil) return "it asked for a rest";
    if (maxConcurrent !== null && this.#inFlight >= maxConcurrent) return "as many messages as allowed are under way";
    if (maxPerSecond === null) return undefined;
    this.#tokens = Math.min(maxPerSecond, this.#tokens + ((now - this.#refilledAt) * maxPerSecond) / 1000);
    this.#refilledAt = now;
    if (this.#tokens < 1) return "as many messages a second as allowed were sent";
    this.#tokens -= 1;
    return undefined;
  }

  #learn(result: SendResult): void {
    if (result.outcome === "accepted") {
      this.#accepted += 1;
      return;
    }
    this.#failed += 1;
    this.#lastFailure = { class: result.class, at: new Date(this.#now()).toISOString() };
    if (result.class === "rate_limited" && result.retryAfterMs !== undefined)
      this.#restUntil = this.#now() + Math.min(result.retryAfterMs, 60_000);
  }
}

function notAsked(why: string): SendResult {
  return { outcome: "failed", class: "unavailable", ambiguous: false, detail: `not asked: ${why}` };
}
