/**
 * The operations that take a body: the part of the contract's table that the client and the fake use. `types.test.ts`
 * compares it with the contract.
 */
import type {
  CancelOtpParams,
  CancelOtpReply,
  ResendOtpParams,
  SendOtpParams,
  SendOtpReply,
  VerifyOtpParams,
  VerifyOtpReply,
} from "./types.ts";

/** What each takes and answers. */
export interface Bodies {
  "send-otp": { params: SendOtpParams; reply: SendOtpReply };
  "verify-otp": { params: VerifyOtpParams; reply: VerifyOtpReply };
  "resend-otp": { params: ResendOtpParams; reply: SendOtpReply };
  "cancel-otp": { params: CancelOtpParams; reply: CancelOtpReply };
}

export type PostOperation = keyof Bodies;

interface Row {
  readonly fields: readonly string[];
  /** What a `serviceId` that the account does not have is answered with. */
  readonly badService: "invalid_request" | "service_not_found";
}

export const operations: Readonly<Record<PostOperation, Row>> = {
  "send-otp": {
    fields: ["to", "serviceId", "locale", "clientIp", "limits", "metadata"],
    badService: "invalid_request",
  },
  "verify-otp": { fields: ["to", "serviceId", "otp", "clientIp"], badService: "service_not_found" },
  "resend-otp": { fields: ["to", "serviceId", "locale", "clientIp", "limits"], badService: "service_not_found" },
  "cancel-otp": { fields: ["to", "serviceId"], badService: "service_not_found" },
};

export const postOperations = Object.keys(operations) as readonly PostOperation[];

/** `sendOtp` for `send-otp`. */
export function methodOf(operation: string): string {
  return operation.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}
