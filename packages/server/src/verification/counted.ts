/** The heart with its outcomes counted, and refusals by limits told in the log. */
import type { Metrics } from "../observe/metrics.ts";
import type { RefusalLog } from "../observe/refusal-log.ts";
import { countryOf } from "../policy/charges.ts";
import { classOf } from "../policy/number-plan.ts";
import { dialledSpelling } from "../policy/spellings.ts";
import { Heart, type HeartParts } from "./heart.ts";
import type { ResendOutcome, SendOutcome, VerifyOutcome } from "./outcomes.ts";
import type { VerificationRequest } from "./request.ts";

export class CountedHeart extends Heart {
  readonly #metrics: Metrics;
  readonly #refusals: RefusalLog;

  constructor(parts: HeartParts, metrics: Metrics, refusals: RefusalLog) {
    super({
      ...parts,
      onDelivered: (attempts) => {
        for (const { gateway, outcome, reason, durationMs } of attempts) {
          const result = outcome === "accepted" ? outcome : (reason ?? outcome);
          metrics.count("antryk_gateway_attempts_total", `${gateway} ${result}`);
          metrics.observe("antryk_gateway_seconds", gateway, durationMs / 1000);
        }
      },
    });
    this.#metrics = metrics;
    this.#refusals = refusals;
  }

  override async send(request: VerificationRequest): Promise<SendOutcome> {
    return this.#sent("send-otp", request, await super.send(request));
  }

  override async resend(request: VerificationRequest): Promise<ResendOutcome> {
    return this.#sent("resend-otp", request, await super.resend(request));
  }

  override async verify(request: VerificationRequest, otp: string): Promise<VerifyOutcome> {
    const outcome = await super.verify(request, otp);
    this.#metrics.count("antryk_verifies_total", verifyLabel(outcome));
    this.#limited(request, outcome);
    return outcome;
  }

  #sent<Outcome extends SendOutcome | ResendOutcome>(
    operation: string,
    request: VerificationRequest,
    outcome: Outcome,
  ): Outcome {
    const to = dialledSpelling(request.to);
    const labels = `${operation} ${request.service.id} ${countryOf(to, classOf(to))} ${sendLabel(outcome)}`;
    this.#metrics.count("antryk_sends_total", labels);
    this.#limited(request, outcome);
    return outcome;
  }

  #limited({ service }: VerificationRequest, outcome: SendOutcome | ResendOutcome | VerifyOutcome): void {
    if (outcome.kind !== "rate_limited") return;
    this.#metrics.count("antryk_limit_refusals_total", outcome.name);
    this.#refusals.note(outcome.name, service.id);
  }
}

/** A missing route is the operator's fault, and no refusal. */
function sendLabel(outcome: SendOutcome | ResendOutcome): string {
  if (outcome.kind === "blocked" && outcome.reason === "no_route") return "no_route";
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
