/** The POST routes of the SMS API; the contract's table says where each is. */
import type { PostOperation } from "@antryk/contract";
import { cancelOtp } from "./cancel-otp.ts";
import { resendOtp } from "./resend-otp.ts";
import type { SmsRoute } from "./route.ts";
import { sendOtp } from "./send-otp.ts";
import { verifyOtp } from "./verify-otp.ts";

export const smsRoutes: Readonly<Record<PostOperation, SmsRoute>> = {
  "send-otp": sendOtp,
  "verify-otp": verifyOtp,
  "resend-otp": resendOtp,
  "cancel-otp": cancelOtp,
};
