/**
 * Checks before any request, of syntax only, in the server's order: service, recipient, code. Whatever is refused here
 * the server refuses with the same `type` (`conformance/validation-cases.ts` is the shared table); whether a number can
 * exist, only the server can say.
 */
import type { ErrorType } from "./generated/error-rows.ts";
import { operations, type PostOperation } from "./operations.ts";

/** The contract's patterns; `validation.test.ts` keeps them equal. */
export const patterns: {
  readonly [name in "recipient" | "serviceId" | "otp" | "verificationId" | "idempotencyKey"]: RegExp;
} = {
  recipient: /^\+[1-9]\d{6,14}$/,
  serviceId: /^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-4[0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}$/,
  otp: /^[0-9]{4,10}$/,
  verificationId: /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  idempotencyKey: /^[\x21-\x7e]{1,255}$/,
};

function matches(pattern: RegExp, value: unknown): boolean {
  return typeof value === "string" && pattern.test(value);
}

/** What the server would answer. No hint repeats the value: a number is personal data, and a code is a secret. */
export interface SyntaxFault {
  readonly type: ErrorType;
  readonly param: string;
  readonly hint: string;
}

/** What the server would answer to these fields, or `undefined` if only the server can decide. */
export function checkParams(
  operation: PostOperation,
  params: { to?: unknown; serviceId?: unknown; otp?: unknown },
): SyntaxFault | undefined {
  const { fields, badService } = operations[operation];
  if (!matches(patterns.serviceId, params.serviceId)) {
    return { type: badService, param: "serviceId", hint: "`serviceId` must be a UUID v4" };
  }
  if (!matches(patterns.recipient, params.to)) {
    return { type: "invalid_recipient", param: "to", hint: "`to` must be an E.164 string like +14155550100" };
  }
  if (fields.includes("otp") && !matches(patterns.otp, params.otp)) {
    return { type: "otp_invalid", param: "otp", hint: "`otp` must be a string of 4 to 10 digits" };
  }
  return undefined;
}

/** As `checkParams`, for the id of a verification. */
export function checkVerificationId(verificationId: unknown): SyntaxFault | undefined {
  if (matches(patterns.verificationId, verificationId)) return undefined;
  return { type: "not_found", param: "verificationId", hint: "`verificationId` must be a UUID v7" };
}

/** As `checkParams`, for a caller's own idempotency key. */
export function checkIdempotencyKey(key: unknown): SyntaxFault | undefined {
  if (matches(patterns.idempotencyKey, key)) return undefined;
  return {
    type: "invalid_parameter",
    param: "Idempotency-Key",
    hint: "`idempotencyKey` must be 1 to 255 visible ASCII characters",
  };
}
