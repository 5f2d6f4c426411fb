// Made from packages/contract/src/sandbox-numbers.ts by `npm run generate`; what is written here by hand is lost.
import type { DeliveryAttempt } from "../types.ts";
import type { ErrorType } from "./error-rows.ts";

/** What a number of the sandbox does. */
export interface SandboxNumber {
  readonly operation: "send-otp" | "verify-otp";
  readonly error?: ErrorType;
  readonly mayHaveBeenSent?: true;
  readonly receipt?: NonNullable<DeliveryAttempt["receipt"]>["status"];
}

/** By the last four digits. */
export const sandboxLines: { readonly [line: string]: SandboxNumber } = {
  "0160": { operation: "send-otp", error: "invalid_recipient" },
  "0161": { operation: "send-otp", error: "recipient_blocked" },
  "0162": { operation: "send-otp", error: "otp_pending" },
  "0163": { operation: "send-otp", error: "rate_limited" },
  "0164": { operation: "send-otp", error: "provider_unavailable" },
  "0165": { operation: "send-otp", error: "provider_unavailable", mayHaveBeenSent: true },
  "0166": { operation: "send-otp", error: "internal_error" },
  "0167": { operation: "send-otp", error: "unavailable" },
  "0170": { operation: "verify-otp", error: "otp_invalid" },
  "0171": { operation: "verify-otp", error: "otp_not_found" },
  "0172": { operation: "verify-otp", error: "otp_expired" },
  "0173": { operation: "verify-otp", error: "rate_limited" },
  "0180": { operation: "send-otp", receipt: "queued" },
  "0181": { operation: "send-otp", receipt: "sent" },
  "0182": { operation: "send-otp", receipt: "delivered" },
  "0183": { operation: "send-otp", receipt: "undelivered" },
  "0184": { operation: "send-otp", receipt: "unknown" },
};

export const sandboxPattern: RegExp = /^\+1[2-79](?!00)\d\d555(01[678]\d)$/;
