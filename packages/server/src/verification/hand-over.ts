/** The message of a reservation: made and handed to the gateways, or, of a test number, neither. */
import type { DeliveryAttempt, SandboxNumber } from "@antryk/contract";
import { type DeliveryOutcome, type DeliveryPlan, deliver } from "../delivery/deliver.ts";
import type { GatewayDirectory } from "../delivery/gateways.ts";
import type { Timer } from "../delivery/timer.ts";
import { renderMessage } from "../messages/render.ts";
import type { SendLimits } from "../model/limits.ts";
import type { RecipientKey } from "../model/recipient.ts";
import type { Reservation } from "../model/sending.ts";
import type { Log } from "../observe/log.ts";
import { maskRecipient } from "../observe/mask.ts";
import { dialledSpelling } from "../policy/spellings.ts";
import type { TrafficFollower } from "../policy/standing.ts";
import type { Store } from "../store/port.ts";
import type { VerificationRequest } from "./request.ts";

export interface HandOverParts {
  readonly store: Pick<Store, "now">;
  readonly gateways: Pick<GatewayDirectory, "learning">;
  readonly log: Log;
  readonly budgetMs: number;
  readonly timer: Timer | undefined;
  readonly traffic: TrafficFollower;
  readonly onDelivered: ((attempts: readonly DeliveryAttempt[]) => void) | undefined;
}

/** What is handed over, and for whom. */
export interface HandOver {
  readonly operation: "send-otp" | "resend-otp";
  readonly request: VerificationRequest;
  readonly key: RecipientKey;
  readonly limits: SendLimits;
  /** Set if the number is a sandbox number, and no real gateway can be asked. */
  readonly simulation: SandboxNumber | undefined;
}

/** As the timeline names what takes the messages of test numbers. */
const testGateway = "test";

export class HandOvers {
  readonly #parts: HandOverParts;

  constructor(parts: HandOverParts) {
    this.#parts = parts;
  }

  /** Resolves with what came of it, which has been counted. */
  async deliver(
    { operation, request, key, limits, plan, simulation }: HandOver & { readonly plan: DeliveryPlan },
    { verificationId, sendNo, reservedAt, expiresAt }: Reservation,
    code: string,
  ): Promise<DeliveryOutcome> {
    const { store, gateways, log, budgetMs, timer, traffic, onDelivered } = this.#parts;
    const { service, channel, locale } = request;
    const to = dialledSpelling(request.to);
    const minutes = Math.max(1, Math.floor((expiresAt - reservedAt) / 60_000));
    const rendered = renderMessage(channel, { service, to, locale, code, minutes });
    const message = {
      ...rendered,
      id: `msg_${verificationId}_${sendNo}`,
      channel,
      to,
      serviceId: service.id,
      verificationId,
      simulation,
      validForMs: expiresAt - store.now(),
    };
    const delivery = await deliver(message, plan, {
      operation,
      budgetMs,
      timer,
      now: () => store.now(),
      onFailure: (name, { class: reason, detail, ambiguous }) =>
        log.warn(
          { event: "gateway_failed", gateway: name, reason, detail, ambiguous, verificationId, to: maskRecipient(to) },
          "a gateway did not take a message",
        ),
    });
    onDelivered?.(delivery.attempts);
    if (simulation) return delivery;
    gateways.learning.sent(key, delivery.attempts);
    // Users get one code, however often it is sent.
    if (operation === "send-otp" && delivery.kind !== "refused")
      traffic.sent(service.id, key.recipient, limits.network);
    return delivery;
  }

  /** To a test number: nothing is made, sent or counted. */
  test({ operation, request, key }: HandOver, { verificationId, reservedAt }: Reservation): DeliveryOutcome {
    const serviceId = request.service.id;
    this.#parts.log.info(
      { event: "test_number", operation, test: true, serviceId, verificationId, to: maskRecipient(key.recipient) },
      "nothing was sent: it is a test number",
    );
    const at = new Date(reservedAt).toISOString();
    const attempt: DeliveryAttempt = { at, operation, gateway: testGateway, outcome: "accepted", durationMs: 0 };
    return { kind: "accepted", attempts: [attempt], messages: [] };
  }
}
