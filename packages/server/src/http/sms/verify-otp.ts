/** POST /api/v1/sms/verify-otp */
import type { VerifiedReply, WrongCodeReply } from "@antryk/contract";
import type { ComparedOutcome } from "../../model/verifying.ts";
import type { Replayable } from "../../verification/outcomes.ts";
import { errorReply, iso, limitReply, okReply, type Reply } from "../lib/reply.ts";
import { type Body, conflictReply, type SmsRoute } from "./route.ts";

export const verifyOtp: SmsRoute = {
  async run(heart, request, body) {
    const outcome = await heart.verify(request, String(body.otp));
    switch (outcome.kind) {
      case "compared":
        return comparedReply(outcome, body);
      case "not_found":
        return errorReply("otp_not_found");
      case "expired":
        return errorReply("otp_expired");
      case "rate_limited":
        return limitReply(outcome);
      default:
        return conflictReply(outcome);
    }
  },
  replay: (stored, body) => comparedReply({ ...(stored as ComparedOutcome), replayed: true }, body),
};

function comparedReply(outcome: Replayable<ComparedOutcome>, body: Body): Reply {
  const { valid, wrongCode, verificationId, attemptsRemaining, expiresAt, expiresInSeconds, metadata, test, replayed } =
    outcome;
  const echoed = { ...(metadata && { metadata }), ...(test && { test }) };
  const to = String(body.to);
  if (valid) {
    const reply: VerifiedReply = {
      success: true,
      message: "Otp Verified Successfully!",
      data: { valid: true, to, status: "verified", verificationId, ...echoed },
    };
    return okReply(reply, replayed);
  }
  if (wrongCode === "otp_invalid") {
    return errorReply("otp_invalid", {
      attemptsRemaining,
      headers: replayed ? { "idempotency-replayed": "true" } : {},
    });
  }
  const reply: WrongCodeReply = {
    success: true,
    message: null,
    data: {
      valid: false,
      status: "pending",
      to,
      verificationId,
      attemptsRemaining,
      expiresIn: expiresInSeconds,
      expiresAt: iso(expiresAt),
      ...echoed,
    },
  };
  return okReply(reply, replayed);
}
