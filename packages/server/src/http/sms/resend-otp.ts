/** POST /api/v1/sms/resend-otp: the same code once more. */
import type { SentOutcome } from "../../verification/outcomes.ts";
import { errorReply } from "../lib/reply.ts";
import type { SmsRoute } from "./route.ts";
import { sendReply, sentReply } from "./send-otp.ts";

export const resendOtp: SmsRoute = {
  async run(heart, request, body) {
    const outcome = await heart.resend(request);
    if (outcome.kind === "not_found") return errorReply("otp_not_found");
    if (outcome.kind === "expired") return errorReply("otp_expired");
    return sendReply(outcome, body);
  },
  replay: (stored, body) => sentReply({ ...(stored as SentOutcome), replayed: true }, body),
};
