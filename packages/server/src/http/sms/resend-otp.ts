/** POST /api/v1/sms/resend-otp: the same code once more. */
import { ResendOtpRequest } from "@antryk/contract";
import type { SentOutcome } from "../../verification/outcomes.ts";
import { errorReply } from "../reply.ts";
import { checkRequest, type SmsRoute } from "./route.ts";
import { sendReply, sentReply } from "./send-otp.ts";

export const resendOtp: SmsRoute = {
  operation: "resend-otp",
  async handle(parts, request) {
    const checked = await checkRequest(parts, request, { schema: ResendOtpRequest, badService: "service_not_found" });
    if (checked.kind === "failed") return checked.reply;
    const outcome = await parts.heart.resend(checked.request);
    if (outcome.kind === "not_found") return errorReply("otp_not_found");
    if (outcome.kind === "expired") return errorReply("otp_expired");
    return sendReply(outcome, request.body);
  },
  replay: (stored, body) => sentReply({ ...(stored as SentOutcome), replayed: true }, body),
};
