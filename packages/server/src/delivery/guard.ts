/**
 * What a send passes before a gateway: a circuit breaker, caps on concurrency and rate, and the rest that the gateway
 * asks for. Caps and rests are a refusal where another gateway can be asked. Where none can, they are a queue within the
 * send's own time: first come, first served.
 */
import { BrokenCircuitError, CircuitState, ConsecutiveBreaker, circuitBreaker, handleWhenResult } from "cockatiel";
import type { Failed, SendResult } from "../gateways/port.ts";
import type { Timer } from "./timer.ts";
import { Turns } from "./turns.ts";

/** Failures of the gateway itself, not of one message. */
const faults = new Set<Failed["class"]>(["unavailable", "timeout", "unknown", "auth", "quota"]);

export const breakerDefaults = { consecutiveFaults: 5, restMs: 10_000 } as const;

/** The rest of a gateway that says that it was asked too fast, and not how long it wants to rest. */
const throttledRestMs = 250;
const longestRestMs = 60_000;

export interface BreakerOptions {
  readonly consecutiveFaults: number;
  readonly restMs: number;
  /** Called when the circuit opens, also once more after a failed test, and when it closes. */
  readonly onCircuit?: (change: "opened" | "closed") => void;
}

export interface GuardLimits {
  readonly maxConcurrent: number | null;
  readonly maxPerSecond: number | null;
}

/** What a send may spend on its turn. */
export interface Patience {
  /** Until when it may wait, by the timer. */
  readonly until: number;
  readonly timer: Timer;
}

/** A gateway's state as an operator sees it. */
export interface GatewayHealth {
  readonly circuit: "closed" | "open" | "half-open";
  readonly inFlight: number;
  /** Sends that wait for their turn, since no other gateway can take them. */
  readonly waiting: number;
  readonly accepted: number;
  readonly failed: number;
  /** Class and time of the last failure, ISO 8601. */
  readonly lastFailure: { readonly class: string; readonly at: string } | null;
}

/** Why the gateway is not asked now. `afterMs`: when it may be; undefined: when a send that is under way has ended. */
interface Refusal {
  readonly why: string;
  readonly afterMs?: number | undefined;
  /** Waiting helps nothing: the circuit is open. */
  readonly isFault?: true;
}

export class GatewayGuard {
  readonly #breaker;
  readonly #limits: GuardLimits;
  readonly #now: () => number;
  readonly #turns = new Turns();
  #inFlight = 0;
  #accepted = 0;
  #failed = 0;
  #lastFailure: GatewayHealth["lastFailure"] = null;
  /** Sends that may begin now; refilled by the second. */
  #tokens: number;
  #refilledAt: number;
  #restUntil = 0;
  /** As long as no other gateway can be asked, it is not asked either. */
  #pausedUntil = 0;
  /** Sends at once, of those that wait, to a gateway that was asked too fast: one more with each that it takes. */
  #pace = Number.POSITIVE_INFINITY;
  #waking: (() => void) | undefined;

  constructor(
    limits: GuardLimits,
    now: () => number,
    { consecutiveFaults, restMs, onCircuit = () => undefined }: BreakerOptions = breakerDefaults,
  ) {
    this.#limits = limits;
    this.#now = now;
    this.#tokens = limits.maxPerSecond ?? 0;
    this.#refilledAt = now();
    this.#breaker = circuitBreaker(
      handleWhenResult((result) => (result as SendResult).outcome === "failed" && faults.has((result as Failed).class)),
      { halfOpenAfter: restMs, breaker: new ConsecutiveBreaker(consecutiveFaults) },
    );
    this.#breaker.onBreak(() => onCircuit("opened"));
    this.#breaker.onReset(() => onCircuit("closed"));
  }

  /** How long sends have waited for their turns, ms. */
  get waitedMs(): number {
    return this.#turns.waitedMs;
  }

  /**
   * Asks the gateway, or says why it is not asked; then nothing was sent. With `patience` the send waits for its turn,
   * and asks again if the gateway says that it was asked too fast.
   */
  async run(send: () => Promise<SendResult>, patience?: Patience): Promise<SendResult> {
    let ticket: number | undefined;
    for (;;) {
      const refusal = this.#refusal(patience === undefined ? "impatient" : ticket === undefined ? "new" : "waiting");
      if (refusal) {
        ticket ??= this.#turns.ticket();
        if (!patience || refusal.isFault || !(await this.#turn(refusal, patience, ticket)))
          return notAsked(refusal.why);
        continue;
      }
      const result = await this.#ask(send);
      const isThrottled = result.outcome === "failed" && result.class === "rate_limited" && !result.ambiguous;
      if (!isThrottled || !patience || patience.timer.now() + this.#pauseMs() >= patience.until) return result;
      ticket ??= this.#turns.ticket();
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
      waiting: this.#turns.waiting,
      accepted: this.#accepted,
      failed: this.#failed,
      lastFailure: this.#lastFailure,
    };
  }

  async #ask(send: () => Promise<SendResult>): Promise<SendResult> {
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
      this.#turns.next();
    }
  }

  /** Waits for the turn of a send. */
  #turn({ afterMs = 0 }: Refusal, { until, timer }: Patience, ticket: number): Promise<boolean> {
    if (timer.now() + afterMs >= until) return Promise.resolve(false);
    const turn = this.#turns.wait(until - timer.now(), timer, ticket);
    if (afterMs > 0 && !this.#waking) {
      const stop = timer.after(afterMs, () => {
        this.#waking = undefined;
        this.#turns.next();
      });
      this.#waking = stop;
    }
    return turn;
  }

  /** Those that wait come before what is new; what is impatient goes elsewhere. */
  #refusal(who: "new" | "waiting" | "impatient"): Refusal | undefined {
    const { maxConcurrent, maxPerSecond } = this.#limits;
    const now = this.#now();
    // The breaker would hold this message until the one that tests the gateway is answered, whatever its time budget.
    if (this.#breaker.state === CircuitState.HalfOpen)
      return { why: "another message is testing its circuit", isFault: true };
    if (now < this.#restUntil) return { why: "it asked for a rest", afterMs: this.#restUntil - now };
    if (who !== "impatient" && now < this.#pausedUntil)
      return { why: "it was asked too fast", afterMs: this.#pausedUntil - now };
    if (who === "new" && this.#turns.waiting > 0) return { why: "other messages wait for it" };
    if (this.#inFlight >= Math.min(maxConcurrent ?? Number.POSITIVE_INFINITY, this.#pace))
      return { why: "as many messages as allowed are under way" };
    if (maxPerSecond === null) return this.#goes();
    this.#tokens = Math.min(maxPerSecond, this.#tokens + ((now - this.#refilledAt) * maxPerSecond) / 1000);
    this.#refilledAt = now;
    if (this.#tokens < 1)
      return {
        why: "as many messages a second as allowed were sent",
        afterMs: Math.ceil(((1 - this.#tokens) * 1000) / maxPerSecond),
      };
    this.#tokens -= 1;
    return this.#goes();
  }

  /** This one goes; the next one may, too. */
  #goes(): undefined {
    if (this.#turns.waiting > 0) queueMicrotask(() => this.#turns.next());
  }

  #learn(result: SendResult): void {
    if (result.outcome === "accepted") {
      this.#accepted += 1;
      this.#pace += 1;
      return;
    }
    this.#failed += 1;
    this.#lastFailure = { class: result.class, at: new Date(this.#now()).toISOString() };
    if (result.class !== "rate_limited" || result.ambiguous) return;
    this.#pace = Math.max(1, Math.floor(Math.min(this.#pace, this.#inFlight) / 2));
    const now = this.#now();
    if (result.retryAfterMs !== undefined) this.#restUntil = now + Math.min(result.retryAfterMs, longestRestMs);
    else this.#pausedUntil = now + throttledRestMs;
  }

  #pauseMs(): number {
    return Math.max(this.#pausedUntil, this.#restUntil) - this.#now();
  }
}

function notAsked(why: string): SendResult {
  return { outcome: "failed", class: "unavailable", ambiguous: false, detail: `not asked: ${why}` };
}
