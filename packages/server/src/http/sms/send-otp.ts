/** POST /api/v1/sms/send-otp */
import type { SendOtpReply } from "@antryk/contract";
import type { Replayable, ResendOutcome, SendOutcome, SentOutcome } from "../../verification/outcomes.ts";
import { errorReply, iso, limitReply, okReply, type Reply } from "../lib/reply.ts";
import { type Body, conflictReply, type SmsRoute } from "./route.ts";

/** How long a client should wait to retry after the gateways have refused. */
const providerRetryMs = 2_000;

export const sendOtp: SmsRoute = {
  async run(heart, request, body) {
    return sendReply(await heart.send(request), body);
  },
  replay: (stored, body) => sentReply({ ...(stored as SentOutcome), replayed: true }, body),
};

/** What send-otp and resend-otp answer alike. */
export function sendReply(
  outcome: Exclude<SendOutcome | ResendOutcome, { kind: "not_found" | "expired" }>,
  body: Body,
): Reply {
  switch (outcome.kind) {
    case "pending":
      return errorReply("otp_pending", { retryAfterMs: outcome.retryAfterMs, expiresAt: outcome.expiresAt });
    case "sent":
      return sentReply(outcome, body);
    case "rate_limited":
      return limitReply(outcome);
    case "refused":
      if (outcome.isPermanent) return errorReply("invalid_recipient", { param: "to" });
      return errorReply("provider_unavailable", { retryAfterMs: providerRetryMs, mayHaveBeenSent: false });
    case "blocked":
      return errorReply("recipient_blocked", {
        param: "to",
        reason: outcome.reason,
        retryAfterMs: outcome.retryAfterMs,
        decisionId: outcome.decisionId,
      });
    case "unknown":
      // The message may be on its way: a client that repeats by itself would send a second one.
      return errorReply("provider_unavailable", { shouldRetry: false, mayHaveBeenSent: true });
    default:
      return conflictReply(outcome);
  }
}

export function sentReply(
  { verificationId, expiresAt, expiresInSeconds, resendAt, metadata, test, replayed }: Replayable<SentOutcome>,
  body: Body,
): Reply {
  const reply: SendOtpReply = {
    success: true,
    message: "Otp Sent Successfully!",
    data: {
      to: String(body.to),
      serviceId: String(body.serviceId),
      status: "pending",
      verificationId,
      expiresIn: expiresInSeconds,
      expiresAt: iso(expiresAt),
      resendAt: iso(resendAt),
      ...(metadata !== undefined && { metadata: JSON.parse(metadata) as Record<string, string> }),
      ...(test && { test }),
    },
  };
  return okReply(reply, replayed);
}
