/** One message to one number: its gateways in order, the same text each time, inside one time budget. */
import type { DeliveryAttempt } from "@antryk/contract";
import type { Accepted, Failed, FailureClass, Gateway, OutgoingMessage, SendResult } from "../gateways/port.ts";
import { isRetryable } from "../gateways/port.ts";
import type { NamedMessage } from "../model/gateway.ts";
import { cleanMessageId } from "../model/message-id.ts";
import type { GatewayGuard } from "./guard.ts";
import { type PlannedSender, withSender } from "./senders.ts";
import { realTimer, type Timer } from "./timer.ts";

export interface NamedGateway {
  readonly name: string;
  readonly gateway: Gateway;
  /** Undefined for a service's own gateway. */
  readonly guard?: GatewayGuard;
  /** Set if the gateway reports on its messages. */
  readonly receiptsAs?: string;
  /** What messages through it come from; undefined: its own sender. */
  readonly sender?: PlannedSender;
  /** Why it has its place in the order, for the record. */
  readonly chosen?: NonNullable<DeliveryAttempt["chosen"]>;
}

/** Which gateways a message may go through. */
export interface DeliveryPlan {
  readonly gateways: readonly NamedGateway[];
  /** Ask the next gateway even after an ambiguous failure. */
  readonly failoverOnTimeout: boolean;
  /** All its gateways send nothing, and answer the contract's sandbox numbers; left out: not all. */
  readonly simulates?: boolean;
}

interface Attempted {
  readonly attempts: readonly DeliveryAttempt[];
  readonly messages: readonly NamedMessage[];
}

export type DeliveryOutcome =
  | (Attempted & { readonly kind: "accepted"; readonly price?: Accepted["price"] })
  | (Attempted & { readonly kind: "refused"; readonly class: FailureClass })
  | (Attempted & { readonly kind: "unknown" });

export interface DeliveryOptions {
  readonly operation: DeliveryAttempt["operation"];
  readonly budgetMs: number;
  /** What the budget is measured with; the default is real time. */
  readonly timer?: Timer | undefined;
  readonly now: () => number;
  /** Called for each failure, for the log. */
  readonly onFailure: (gateway: string, result: Failed) => void;
}

/** With less than this left, no further gateway is asked. */
const shortestAttemptMs = 100;
/** What a send that has waited for its turn keeps for the gateway's answer. */
const ownTimeMs = 1_000;

export async function deliver(
  message: OutgoingMessage,
  plan: DeliveryPlan,
  options: DeliveryOptions,
): Promise<DeliveryOutcome> {
  const { timer = realTimer } = options;
  const deadline = timer.now() + options.budgetMs;
  const attempts: DeliveryAttempt[] = [];
  const messages: NamedMessage[] = [];
  let ambiguous = false;
  let refusal: FailureClass = "unavailable";
  for (const [index, target] of plan.gateways.entries()) {
    const leftMs = deadline - timer.now();
    if (index > 0 && leftMs < shortestAttemptMs) break;
    // Only if a time-out leads on must one gateway leave time for the next.
    const share = plan.failoverOnTimeout ? plan.gateways.length - index : 1;
    const budget = { until: timer.now() + leftMs / share, timer, isLast: index === plan.gateways.length - 1 };
    const startedAt = options.now();
    const sending = askGateway(target, withSender(message, target.sender), budget);
    const result = withCleanId(sending instanceof Promise ? await sending : sending);
    attempts.push(attemptOf(target, result, startedAt, options));
    if (result.outcome === "accepted") {
      if (target.receiptsAs !== undefined && result.messageId !== undefined)
        messages.push({ gatewayId: target.receiptsAs, messageId: result.messageId });
      return { kind: "accepted", attempts, messages, ...(result.price && { price: result.price }) };
    }
    options.onFailure(target.name, result);
    ambiguous ||= result.ambiguous;
    refusal = result.class;
    if (result.ambiguous ? !plan.failoverOnTimeout : !isRetryable(result)) break;
  }
  return ambiguous ? { kind: "unknown", attempts, messages } : { kind: "refused", class: refusal, attempts, messages };
}

function attemptOf(
  target: NamedGateway,
  result: SendResult,
  startedAt: number,
  { operation, now }: DeliveryOptions,
): DeliveryAttempt {
  const failed = result.outcome === "failed" ? result : undefined;
  return {
    at: new Date(startedAt).toISOString(),
    operation,
    gateway: target.name,
    outcome: failed === undefined ? "accepted" : failed.ambiguous ? "unknown" : "refused",
    ...(failed ? { reason: failed.class } : {}),
    ...(result.outcome === "accepted" && result.messageId !== undefined ? { messageId: result.messageId } : {}),
    durationMs: Math.max(0, now() - startedAt),
    ...(result.outcome === "accepted" &&
      result.delivered && { receipt: { status: result.delivered, at: new Date(now()).toISOString() } }),
    ...(target.chosen ? { chosen: target.chosen } : {}),
  };
}

interface Budget {
  /** By the timer, ms. */
  readonly until: number;
  readonly timer: Timer;
  /** No other gateway can be asked: it may be waited for. */
  readonly isLast: boolean;
}

function askGateway(
  { gateway, guard }: NamedGateway,
  message: OutgoingMessage,
  { until, timer, isLast }: Budget,
): SendResult | Promise<SendResult> {
  const ask = () => sendWithin(gateway, message, until - timer.now(), timer);
  // What is simulated is no sign of the gateway's state.
  if (!guard || message.simulation) return ask();
  return guard.run(async () => ask(), isLast ? { until: until - ownTimeMs, timer } : undefined);
}

/** An id that can't be kept is none: the message has left all the same. */
function withCleanId(result: SendResult): SendResult {
  if (result.outcome === "failed" || result.messageId === undefined) return result;
  const { messageId, ...rest } = result;
  const clean = cleanMessageId(messageId);
  return clean === undefined ? rest : { ...rest, messageId: clean };
}

const broken: SendResult = { outcome: "failed", class: "unknown", ambiguous: true, detail: "the provider broke" };

/**
 * The gateway's answer, or an ambiguous time-out: a gateway that ignores its signal must not hold the send past its
 * lease.
 */
function sendWithin(
  gateway: Gateway,
  message: OutgoingMessage,
  budgetMs: number,
  timer: Timer,
): SendResult | Promise<SendResult> {
  const controller = new AbortController();
  try {
    const sending = gateway.send(message, controller.signal);
    return sending instanceof Promise ? inTime(sending, controller, budgetMs, timer) : sending;
  } catch {
    return broken;
  }
}

async function inTime(
  sending: Promise<SendResult>,
  controller: AbortController,
  budgetMs: number,
  timer: Timer,
): Promise<SendResult> {
  const { promise: late, resolve } = Promise.withResolvers<SendResult>();
  const stop = timer.after(budgetMs, () => {
    controller.abort();
    resolve({
      outcome: "failed",
      class: "timeout",
      ambiguous: true,
      detail: `no answer within ${Math.round(budgetMs)} ms`,
    });
  });
  try {
    return await Promise.race([sending.catch(() => broken), late]);
  } finally {
    stop();
  }
}
