/** The heart with its outcomes counted. */
import type { Metrics } from "../observe/metrics.ts";
import { Heart, type HeartParts } from "./heart.ts";
import type { ResendOutcome, SendOutcome, VerifyOutcome } from "./outcomes.ts";
import type { VerificationRequest } from "./request.ts";

export class CountedHeart extends Heart {
  readonly #metrics: Metrics;

  constructor(parts: HeartParts, metrics: Metrics) {
    super({
      ...parts,
      onDelivered: (attempts) => {
        for (const { gateway, outcome, reason } of attempts)
          metrics.count(
            "antryk_gateway_attempts_total",
            `${gateway} ${outcome === "accepted" ? outcome : (reason ?? outcome)}`,
          );
      },
    });
    this.#metrics = metrics;
  }

  override async send(request: VerificationRequest): Promise<SendOutcome> {
    const outcome = await super.send(request);
    this.#metrics.count("antryk_sends_total", `send-otp ${sendLabel(outcome)}`);
    return outcome;
  }

  override async resend(request: VerificationRequest): Promise<ResendOutcome> {
    const outcome = await super.resend(request);
    this.#metrics.count("antryk_sends_total", `resend-otp ${sendLabel(outcome)}`);
    return outcome;
  }

  override async verify(request: VerificationRequest, otp: string): Promise<VerifyOutcome> {
    const outcome = await super.verify(request, otp);
    this.#metrics.count("antryk_verifies_total", verifyLabel(outcome));
    return outcome;
  }
}

function sendLabel(outcome: SendOutcome | ResendOutcome): string {
  if (outcome.kind !== "sent") return outcome.kind;
  if (outcome.replayed) return "replayed";
  return outcome.test ? "test" : outcome.kind;
}

function verifyLabel(outcome: VerifyOutcome): string {
  if (outcome.kind !== "compared") return outcome.kind;
  if (outcome.replayed) return "replayed";
  if (outcome.test) return "test";
  return outcome.valid ? "valid" : "wrong";
}
