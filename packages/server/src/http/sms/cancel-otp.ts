/** POST /api/v1/sms/cancel-otp */
import type { CancelOtpReply } from "@antryk/contract";
import type { CancelledOutcome } from "../../model/verifying.ts";
import type { Replayable } from "../../verification/outcomes.ts";
import { errorReply, okReply, type Reply } from "../lib/reply.ts";
import { type Body, conflictReply, type SmsRoute } from "./route.ts";

export const cancelOtp: SmsRoute = {
  async run(heart, request, body) {
    const outcome = await heart.cancel(request);
    if (outcome.kind === "cancelled") return cancelledReply(outcome, body);
    return outcome.kind === "not_found" ? errorReply("otp_not_found") : conflictReply(outcome);
  },
  replay: (stored, body) => cancelledReply({ ...(stored as CancelledOutcome), replayed: true }, body),
};

function cancelledReply({ verificationId, replayed }: Replayable<CancelledOutcome>, { to, serviceId }: Body): Reply {
  const reply: CancelOtpReply = {
    success: true,
    message: "Otp Cancelled Successfully!",
    data: { to: String(to), serviceId: String(serviceId), status: "cancelled", verificationId },
  };
  return okReply(reply, replayed);
}
