/** Makes a record of each message that the policy refuses, or would have refused, and names it in the outcome. */
import { type DeliveryAttempt, policyLimits } from "@antryk/contract";
import type { LimitRefusal } from "../model/limits.ts";
import type { PolicyDecision } from "../model/policy-decision.ts";
import type { RecipientKey } from "../model/recipient.ts";
import type { OverBudget } from "../model/sending.ts";
import { countryOf } from "../policy/charges.ts";
import { widestOf } from "../policy/client-address.ts";
import type { Suspicion } from "../policy/guard.ts";
import { classOf } from "../policy/number-plan.ts";
import type { Blocked } from "./outcomes.ts";
import type { VerificationRequest } from "./request.ts";

/** Where records go; it returns the record's id, `undefined` if it is not kept. `hash`: the recipient's. */
export type KeepDecision = (decision: Omit<PolicyDecision, "decisionId" | "at">, hash: number) => string | undefined;

/** A send or resend that was judged. */
export interface JudgedRequest {
  readonly operation: PolicyDecision["operation"];
  readonly request: VerificationRequest;
  readonly key: RecipientKey;
}

type Found = Pick<PolicyDecision, "reason" | "rule" | "threshold" | "observed" | "mode">;

export class Decisions {
  readonly #keep: KeepDecision;

  constructor(keep: KeepDecision) {
    this.#keep = keep;
  }

  /** Of a suspicion: what the guard refused it for. */
  blocked(judged: JudgedRequest, { reason, retryAfterMs }: Blocked, suspicion?: Suspicion): Blocked {
    const none = { rule: null, threshold: null, observed: null };
    const found = suspicion ? measured(suspicion) : none;
    return {
      kind: "blocked",
      reason,
      retryAfterMs,
      decisionId: this.#note(judged, { ...found, reason, mode: "enforce" }),
    };
  }

  /** The guard only watches. */
  suspected(judged: JudgedRequest, suspicion: Suspicion): void {
    this.#note(judged, { ...measured(suspicion), reason: "guard", mode: "monitor" });
  }

  /** What the store refused: limits and budgets are decided there. Other outcomes stay as they are. */
  refused<Outcome extends { readonly kind: string }>(
    judged: JudgedRequest,
    outcome: Outcome | LimitRefusal | OverBudget,
  ): Exclude<Outcome, OverBudget> | LimitRefusal | Blocked {
    if (isOverBudget(outcome)) return this.#overBudget(judged, outcome);
    if (!isLimit(outcome) || !policyLimits.has(outcome.name))
      return outcome as Exclude<Outcome, OverBudget> | LimitRefusal;
    const { name, limit } = outcome;
    const found = { reason: "limit", rule: name, threshold: limit.count, observed: null, mode: "enforce" } as const;
    return { ...outcome, decisionId: this.#note(judged, found) };
  }

  /** Every gateway that was asked refused the message: nothing else is left of it. */
  notTaken(judged: JudgedRequest, attempts: readonly DeliveryAttempt[]): string | undefined {
    const rule = attempts.map(({ gateway, reason = "" }) => `${gateway} ${reason}`.trim()).join(", ") || null;
    return this.#note(judged, { reason: "gateway", rule, threshold: null, observed: null, mode: "enforce" });
  }

  /** Of the account or the service, or one of its countries; the threshold is in micros. */
  #overBudget(judged: JudgedRequest, { subject, limit, retryAfterMs }: OverBudget): Blocked {
    const [id, country] = subject.split(" ");
    const rule = `${id === judged.key.accountId ? "account" : "service"}${country === undefined ? "" : "_country"}`;
    const found = { reason: "budget", rule, threshold: limit.count, observed: null, mode: "enforce" } as const;
    return { kind: "blocked", reason: "budget", retryAfterMs, decisionId: this.#note(judged, found) };
  }

  #note({ operation, request, key }: JudgedRequest, found: Found): string | undefined {
    const { client, requestId = null } = request;
    // As it is found and forgotten, whichever spelling was asked for.
    const { accountId, serviceId, recipient: to } = key;
    const network = (client && widestOf(client)) ?? null;
    const country = countryOf(to, classOf(to));
    return this.#keep({ requestId, accountId, serviceId, operation, to, country, network, ...found }, key.hash);
  }
}

function isLimit(outcome: { readonly kind: string }): outcome is LimitRefusal {
  return outcome.kind === "rate_limited";
}

function isOverBudget(outcome: { readonly kind: string }): outcome is OverBudget {
  return outcome.kind === "over_budget";
}

function measured({ rule, observed, threshold }: Suspicion): Pick<Found, "rule" | "threshold" | "observed"> {
  return { rule, threshold, observed: Math.round(observed * 10) / 10 };
}
