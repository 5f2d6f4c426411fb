/** Before: Twilio Verify. */
import type twilio from "twilio";
import type { PhoneCheck } from "./phone-check.ts";

export function phoneCheck(client: twilio.Twilio, verifyServiceSid: string): PhoneCheck {
  const service = client.verify.v2.services(verifyServiceSid);
  return {
    async start(to) {
      try {
        await service.verifications.create({ to, channel: "sms" });
        return { result: "sent" };
      } catch (error) {
        if (codeOf(error) === 60200) return { result: "invalid_number" };
        if (codeOf(error) === 60203) return { result: "wait" };
        throw error;
      }
    },

    async check(to, code) {
      try {
        const check = await service.verificationChecks.create({ to, code });
        return check.status === "approved" ? "approved" : "wrong";
      } catch (error) {
        if (codeOf(error) === 20404) return "none_pending";
        if (codeOf(error) === 60202) return "too_many_tries";
        throw error;
      }
    },
  };
}

function codeOf(error: unknown): number | undefined {
  return error instanceof Error && "code" in error ? Number(error.code) : undefined;
}
