/** After: Antryk. */
import {
  type AntrykClient,
  InvalidRecipientError,
  normalizeOtp,
  OtpExpiredError,
  OtpInvalidError,
  OtpNotFoundError,
  OtpPendingError,
  RateLimitedError,
} from "@antryk/sdk";
import type { PhoneCheck } from "./phone-check.ts";

export function phoneCheck({ sms }: AntrykClient, serviceId: string): PhoneCheck {
  return {
    async start(to) {
      try {
        await sms.sendOtp({ to, serviceId }).catch((error: unknown) => {
          // Twilio sends a pending code again by itself. Here that is another call.
          if (error instanceof OtpPendingError) return sms.resendOtp({ to, serviceId });
          throw error;
        });
        return { result: "sent" };
      } catch (error) {
        if (error instanceof InvalidRecipientError) return { result: "invalid_number" };
        if (error instanceof RateLimitedError) return { result: "wait", retryAfterMs: error.retryAfterMs ?? 0 };
        throw error;
      }
    },

    async check(to, code) {
      try {
        const { data } = await sms.verifyOtp({ to, serviceId, otp: normalizeOtp(code) });
        return data.valid ? "approved" : "wrong";
      } catch (error) {
        if (error instanceof OtpInvalidError) return "wrong";
        if (error instanceof OtpNotFoundError || error instanceof OtpExpiredError) return "none_pending";
        if (error instanceof RateLimitedError) return "too_many_tries";
        throw error;
      }
    },
  };
}
