/** Syntax checks made from the schemas' own patterns, so that what validates is what the OpenAPI document prints. */
import { Otp, Recipient, ServiceId, VerificationId } from "./schemas.ts";

function matcher(schema: object & { readonly pattern?: unknown }): (value: unknown) => value is string {
  const pattern = new RegExp(String(schema.pattern));
  return (value): value is string => typeof value === "string" && pattern.test(value);
}

/** `+` and 7 to 15 digits, the first not 0. Whether such a number can exist, only the server can say. */
export const isRecipient = matcher(Recipient);
/** A UUID v4 in any case. */
export const isServiceId = matcher(ServiceId);
/** 4 to 10 ASCII digits. */
export const isOtp = matcher(Otp);
/** A UUID v7, lower case. */
export const isVerificationId = matcher(VerificationId);

/** 1 to 255 visible ASCII characters (draft-ietf-httpapi-idempotency-key-header-07; the length is ours). */
export function isIdempotencyKey(value: string): boolean {
  return /^[\x21-\x7e]{1,255}$/.test(value);
}

/** A caller's request id that is kept as it is. */
export function isRequestId(value: string): boolean {
  return /^[A-Za-z0-9._-]{1,128}$/.test(value);
}
