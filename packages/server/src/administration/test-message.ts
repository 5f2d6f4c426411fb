/** One real message through a gateway, with a code that verifies nothing. */
import { randomUUID } from "node:crypto";
import { deliver } from "../delivery/deliver.ts";
import type { GatewayDirectory } from "../delivery/gateways.ts";
import type { Unknown } from "./outcomes.ts";

export interface TestOutcome {
  readonly kind: "taken" | "not_taken";
  readonly gateway: string;
  readonly outcome: "accepted" | "refused" | "unknown";
  /** The gateway's own id of the message. */
  readonly messageId: string | null;
  readonly durationMs: number;
  /** Why it was not taken: a status or a code of the gateway. */
  readonly detail: string | null;
}

export interface TestRequest {
  /** If left out, the only gateway that there is. */
  readonly gateway: string | undefined;
  /** E.164. */
  readonly to: string;
  readonly budgetMs: number;
  /** Unix ms. */
  readonly now: () => number;
}

/** `unknown`: no such gateway can be used, or none was named and there is not exactly one. */
export async function sendTestMessage(
  gateways: GatewayDirectory,
  { gateway, to, budgetMs, now }: TestRequest,
): Promise<TestOutcome | Unknown> {
  const target = await gateways.named(gateway);
  if (!target) return { kind: "unknown" };
  const text = "000000 is a test message of Antryk.";
  const message = { id: `test_${randomUUID()}`, to, text, serviceId: "test", verificationId: "test" };
  let detail: string | null = null;
  const { kind, attempts } = await deliver(
    message,
    { gateways: [target], failoverOnTimeout: false },
    {
      operation: "send-otp",
      budgetMs,
      now,
      onFailure: (_, failure) => {
        detail = `${failure.class}: ${failure.detail}`;
      },
    },
  );
  return {
    kind: kind === "accepted" ? "taken" : "not_taken",
    gateway: target.name,
    outcome: kind,
    messageId: attempts[0]?.messageId ?? null,
    durationMs: attempts[0]?.durationMs ?? 0,
    detail,
  };
}
