/** POST /api/v1/sms/cancel-otp */
import { type CancelOtpReply, CancelOtpRequest } from "@antryk/contract";
import type { CancelledOutcome } from "../../model/verifying.ts";
import type { Replayable } from "../../verification/outcomes.ts";
import { errorReply, okReply, type Reply } from "../reply.ts";
import { checkRequest, conflictReply, type SmsRoute } from "./route.ts";

export const cancelOtp: SmsRoute = {
  operation: "cancel-otp",
  async handle(parts, request) {
    const checked = await checkRequest(parts, request, { schema: CancelOtpRequest, badService: "service_not_found" });
    if (checked.kind === "failed") return checked.reply;
    const outcome = await parts.heart.cancel(checked.request);
    if (outcome.kind === "cancelled") return cancelledReply(outcome, request.body);
    return outcome.kind === "not_found" ? errorReply("otp_not_found") : conflictReply(outcome);
  },
  replay: (stored, body) => cancelledReply({ ...(stored as CancelledOutcome), replayed: true }, body),
};

function cancelledReply(
  { verificationId, replayed }: Replayable<CancelledOutcome>,
  { to, serviceId }: Readonly<Record<string, unknown>>,
): Reply {
  const reply: CancelOtpReply = {
    success: true,
    message: "Otp Cancelled Successfully!",
    data: { to: String(to), serviceId: String(serviceId), status: "cancelled", verificationId },
  };
  return okReply(reply, replayed);
}
