/** One message to one number through the service's gateways, inside one time budget. */
import type { DeliveryAttempt } from "@antryk/contract";
import type { FailureClass, Gateway, OutgoingMessage, SendResult } from "../providers/port.ts";

export interface NamedGateway {
  readonly name: string;
  readonly gateway: Gateway;
}

export type DeliveryOutcome =
  | { readonly kind: "accepted"; readonly attempts: readonly DeliveryAttempt[] }
  | { readonly kind: "refused"; readonly class: FailureClass; readonly attempts: readonly DeliveryAttempt[] }
  | { readonly kind: "unknown"; readonly attempts: readonly DeliveryAttempt[] };

export interface DeliveryOptions {
  readonly operation: DeliveryAttempt["operation"];
  readonly budgetMs: number;
  readonly now: () => number;
  /** Told of each failure, for the log. */
  readonly onFailure: (gateway: string, result: Extract<SendResult, { outcome: "failed" }>) => void;
}

export async function deliver(
  message: OutgoingMessage,
  { name, gateway }: NamedGateway,
  options: DeliveryOptions,
): Promise<DeliveryOutcome> {
  const startedAt = options.now();
  const result = await sendWithin(gateway, message, options.budgetMs);
  if (result.outcome === "failed") options.onFailure(name, result);
  const attempt: DeliveryAttempt = {
    at: new Date(startedAt).toISOString(),
    operation: options.operation,
    gateway: name,
    outcome: result.outcome === "accepted" ? "accepted" : result.ambiguous ? "unknown" : "refused",
    ...(result.outcome === "failed" ? { reason: result.class } : {}),
    ...(result.outcome === "accepted" && result.messageId !== undefined ? { messageId: result.messageId } : {}),
    durationMs: Math.max(0, options.now() - startedAt),
  };
  const attempts = [attempt];
  if (result.outcome === "accepted") return { kind: "accepted", attempts };
  return result.ambiguous ? { kind: "unknown", attempts } : { kind: "refused", class: result.class, attempts };
}

/** The gateway's answer, or an ambiguous time-out: a gateway that ignores its signal must not hold the send past its lease. */
async function sendWithin(gateway: Gateway, message: OutgoingMessage, budgetMs: number): Promise<SendResult> {
  const controller = new AbortController();
  const broken = (): SendResult => ({ outcome: "failed", class: "unknown", ambiguous: true, detail: "the provider broke" });
  let immediate: SendResult | Promise<SendResult>;
  try {
    immediate = gateway.send(message, controller.signal);
  } catch {
    return broken();
  }
  if (!(immediate instanceof Promise)) return immediate;
  const { promise: late, resolve } = Promise.withResolvers<SendResult>();
  const timer = setTimeout(() => {
    controller.abort();
    resolve({ outcome: "failed", class: "timeout", ambiguous: true, detail: `no answer within ${budgetMs} ms` });
  }, budgetMs);
  try {
    return await Promise.race([immediate.catch(broken), late]);
  } finally {
    clearTimeout(timer);
  }
}
