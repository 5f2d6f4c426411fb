/** The state machine of CONTRACT §4 as a checker needs it: from a state and a step to every state that may follow. */
import type { Rules } from "./history.ts";
import {
  type Before,
  empty,
  isOpen,
  isSame,
  type KeyEntry,
  later,
  named,
  never,
  type Span,
  type State,
  type Verification,
} from "./state.ts";
import type { Step } from "./steps.ts";

/** A replayed reply must be the first one's; this finds it. */
export type TextOf = (operationId: number) => string | undefined;

/**
 * The states that a step may lead to, `state` itself if it changes nothing; none if the step can't have had the outcome
 * that was seen. `low`: a moment that has passed already.
 */
export class Model {
  readonly #rules: Rules;
  readonly #codes: ReadonlyMap<string, string>;
  readonly #textOf: TextOf;

  /** `codes`: from a code to the verification whose messages say it. */
  constructor(rules: Rules, codes: ReadonlyMap<string, string>, textOf: TextOf) {
    this.#rules = rules;
    this.#codes = codes;
    this.#textOf = textOf;
  }

  apply(state: State, step: Step, low: number): State[] {
    if (step.part === "settle") return [this.#settle(state, step)];
    const next: State[] = [];
    const at: Moment = { low: Math.max(low, step.from), high: step.to, slack: this.#rules.slackMs };
    const say = (outcome: string, then: State, id?: string) => {
      if (step.saw === undefined) next.push(then);
      else if (matches(step.saw, outcome))
        next.push(id === undefined ? then : named(then, step.saw.split(" ")[1] ?? id));
    };
    const { key } = step.operation;
    const entry = key === undefined ? undefined : state.keys[`${step.operation.verb} ${key}`];
    if (entry) {
      if (mayBeBefore(at, entry.until)) this.#sayEntry(state, step, entry, next);
      if (!mayBeAfter(at, entry.until)) return next;
    }
    if (step.operation.verb === "send") this.#send(state, step, at, say);
    else if (step.operation.verb === "resend") this.#resend(state, step, at, say);
    else if (step.operation.verb === "verify") this.#verify(state, step, at, say);
    else this.#cancel(state, step, at, say);
    return next;
  }

  /** The key says: a request of it runs, or its reply again. */
  #sayEntry(state: State, step: Step, entry: KeyEntry, next: State[]): void {
    const { reply } = step.operation;
    if (step.saw === undefined) next.push(state);
    else if (!reply) return;
    else if (entry.says === undefined) {
      if (step.saw === "idempotency_in_progress") next.push(state);
    } else if (reply.replayed) {
      const first = this.#textOf(entry.by);
      if (first !== undefined && first !== reply.text) return;
      const seen = entry.says.startsWith("sent ") ? `sent ${reply.verificationId}` : step.saw;
      if (matches(seen, entry.says)) next.push(state);
    }
  }

  #send(state: State, step: Step, at: Moment, say: Say): void {
    const { verification: v } = state;
    if (!this.#mayTakeTheLease(state, at, say)) return;
    const mayLive = v !== null && isOpen(v) && v.attempts < this.#rules.maxAttempts && mayBeBefore(at, v.ends);
    const mayHaveExpired = !mayLive || mayBeAfter(at, v.ends);
    if (v && mayLive) {
      if (v.state === "pending") say("otp_pending", state);
      else if (this.#mayRun(state, at, say)) this.#reserve(state, step, v, say);
    }
    if (mayHaveExpired && this.#mayRun(state, at, say)) this.#reserve(state, step, null, say);
  }

  /** `false`: a hand-over of the open verification is under way, by a send or by a resend. */
  #mayTakeTheLease(state: State, at: Moment, say: Say): boolean {
    const { verification: v } = state;
    if (!v || !isOpen(v) || state.lease === 0) return true;
    if (mayBeBefore(at, state.leaseUntil)) say("otp_pending", state);
    return mayBeAfter(at, state.leaseUntil);
  }

  /** Says each limit that may refuse; `false` if one must. */
  #mayRun(state: State, at: Moment, say: Say): boolean {
    const { verification: v } = state;
    if (state.wrong >= this.#rules.wrongCodes) {
      say("429 wrong_codes", state);
      return false;
    }
    if (v?.state === "cancelled") {
      if (mayBeBefore(at, v.resendAt)) say("429 cooldown", state);
      if (!mayBeAfter(at, v.resendAt)) return false;
    }
    if (state.tries >= this.#rules.tries) {
      say("429 attempts", state);
      return false;
    }
    return true;
  }

  /** `same`: what must be said again, since a message with its code may be out. */
  #reserve(state: State, step: Step, same: Verification | null, say: Say): void {
    const { message, operation } = step;
    const span: Span = [step.from, step.to];
    const { ttlMs, cooldownsMs } = this.#rules;
    const renewed = {
      state: "leased",
      ends: later(span, ttlMs),
      resends: 0,
      resendAt: later(span, cooldownsMs[0] ?? 0),
    } as const;
    const leased = this.#lease(state, step, span);
    if (same) {
      if (message && !(isSame(same.id, message.verificationId) && message.sendNo === same.sendNo + 1)) return;
      const before: Before = { kind: "send", verification: { ...same, state: "unknown" }, same: true };
      const next: State = { ...leased, before, verification: { ...same, ...renewed, sendNo: same.sendNo + 1 } };
      say("ran", message ? named(next, message.verificationId) : next);
      return;
    }
    if (message && (message.sendNo !== 1 || message.verificationId === state.verification?.id)) return;
    const before: Before = { kind: "send", verification: state.verification, same: false };
    const id = message?.verificationId ?? `?${operation.id}`;
    say("ran", { ...leased, before, verification: { ...renewed, id, attempts: 0, sendNo: 1 } });
  }

  #lease(state: State, { operation }: Step, span: Span): State {
    const leaseUntil = later(span, this.#rules.leaseMs);
    const keys = withKey(state, operation, { by: operation.id, until: leaseUntil });
    return { ...state, lease: operation.id, leaseUntil, tries: state.tries + 1, keys };
  }

  #resend(state: State, step: Step, at: Moment, say: Say): void {
    const v = this.#open(state, at, say, true);
    if (!v) return;
    if (mayBeBefore(at, v.resendAt)) say("429 cooldown", state);
    if (!mayBeAfter(at, v.resendAt)) return;
    if (state.tries >= this.#rules.tries) {
      say("429 attempts", state);
      return;
    }
    const { message } = step;
    if (message && !(isSame(v.id, message.verificationId) && message.sendNo === v.sendNo + 1)) return;
    const span: Span = [step.from, step.to];
    const resends = v.resends + 1;
    const { cooldownsMs } = this.#rules;
    const next: State = {
      ...this.#lease(state, step, span),
      before: { kind: "resend", resends: v.resends, resendAt: v.resendAt },
      verification: {
        ...v,
        state: v.state === "leased" ? "unknown" : v.state,
        sendNo: v.sendNo + 1,
        resends,
        resendAt: later(span, cooldownsMs[Math.min(resends, cooldownsMs.length - 1)] ?? 0),
      },
    };
    say("ran", message ? named(next, message.verificationId) : next);
  }

  /** The verification that a code or a resend may be for; says each reason to refuse it. */
  #open(state: State, at: Moment, say: Say, takesTheLease = false): Verification | undefined {
    const { verification: v } = state;
    if (!v || !isOpen(v)) say("otp_not_found", state);
    else {
      if (mayBeAfter(at, v.ends)) say("otp_expired", state);
      if (!mayBeBefore(at, v.ends) || (takesTheLease && !this.#mayTakeTheLease(state, at, say))) return undefined;
      if (v.attempts >= this.#rules.maxAttempts) say("429 otp", state);
      else if (state.wrong >= this.#rules.wrongCodes) say("429 wrong_codes", state);
      else return v;
    }
    return undefined;
  }

  #verify(state: State, { operation }: Step, at: Moment, say: Say): void {
    const v = this.#open(state, at, say);
    if (!v) return;
    if (this.#codes.get(operation.otp ?? "") === v.id) {
      const says = `valid ${v.id}`;
      const keys = withKey(state, operation, { by: operation.id, says, until: v.ends });
      say(says, { ...state, keys, wrong: 0, verification: { ...v, state: "verified" } }, v.id);
    } else {
      const attempts = v.attempts + 1;
      const says = `wrong ${v.id} ${this.#rules.maxAttempts - attempts}`;
      const keys = withKey(state, operation, { by: operation.id, says, until: v.ends });
      say(says, { ...state, keys, wrong: state.wrong + 1, verification: { ...v, attempts } }, v.id);
    }
  }

  #cancel(state: State, { operation }: Step, at: Moment, say: Say): void {
    const { verification: v } = state;
    const mayLive = v !== null && isOpen(v) && v.attempts < this.#rules.maxAttempts && mayBeBefore(at, v.ends);
    if (!mayLive || mayBeAfter(at, v.ends)) say("otp_not_found", state);
    if (!v || !mayLive) return;
    const says = `cancelled ${v.id}`;
    const keys = withKey(state, operation, { by: operation.id, says, until: never });
    say(says, { ...state, keys, verification: { ...v, state: "cancelled" } }, v.id);
  }

  #settle(state: State, { operation, result, message }: Step): State {
    let next = state;
    const name = `${operation.verb} ${operation.key}`;
    const entry = operation.key === undefined ? undefined : state.keys[name];
    if (entry && entry.by === operation.id && entry.says === undefined) {
      const { [name]: _, ...others } = state.keys;
      const says = `sent ${message?.verificationId ?? "?"}`;
      next = {
        ...state,
        keys: result === "accepted" ? { ...others, [name]: { by: operation.id, says, until: never } } : others,
      };
    }
    const { verification: v, before } = state;
    if (state.lease !== operation.id || !v) return next;
    next = { ...next, lease: 0, leaseUntil: empty.leaseUntil, before: null };
    const isResend = before?.kind === "resend";
    const kept = isResend && result === "refused" ? { ...v, resends: before.resends, resendAt: before.resendAt } : v;
    if (!isOpen(kept)) return { ...next, verification: kept };
    if (result === "accepted") return { ...next, verification: { ...kept, state: "pending" } };
    if (isResend) return { ...next, verification: kept };
    if (result === "unknown") return { ...next, verification: { ...kept, state: "unknown" } };
    if (!before?.verification || !before.same) return { ...next, verification: before?.verification ?? null };
    return { ...next, verification: { ...before.verification, attempts: kept.attempts, sendNo: kept.sendNo } };
  }
}

type Say = (outcome: string, then: State, id?: string) => void;

/** A step's own span, from the moment that has passed already. */
interface Moment {
  readonly low: number;
  readonly high: number;
  readonly slack: number;
}

function mayBeBefore({ low, slack }: Moment, [, latest]: Span): boolean {
  return low < latest + slack;
}

function mayBeAfter({ high, slack }: Moment, [earliest]: Span): boolean {
  return high >= earliest - slack;
}

/** Whether what was seen may be this outcome: a verification whose id is not known yet matches any. */
function matches(saw: string, outcome: string): boolean {
  if (saw === outcome) return true;
  const [kind, id, left] = saw.split(" ");
  const [kindOf, idOf = "", leftOf] = outcome.split(" ");
  return kind === kindOf && id !== undefined && idOf.startsWith("?") && left === leftOf;
}

function withKey(state: State, { verb, key }: Step["operation"], entry: KeyEntry): State["keys"] {
  return key === undefined ? state.keys : { ...state.keys, [`${verb} ${key}`]: entry };
}
