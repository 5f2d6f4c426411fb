/** The POST routes, for tests that hold all of them to one rule. */
import type { Operation } from "@antryk/contract";

export const smsOperations = ["send-otp", "verify-otp", "resend-otp", "cancel-otp"] as const satisfies readonly Operation[];

/** What an unknown service is called there. */
export const badServiceOf = (operation: Operation) => (operation === "send-otp" ? "invalid_request" : "service_not_found");
