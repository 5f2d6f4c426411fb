/**
 * The shared table of what is refused for its syntax. The SDK's tests and the server's tests check each against it:
 * whatever the SDK refuses, the server refuses with the same type.
 */
import type { ErrorType } from "../generated/error-rows.ts";
import { operations, type PostOperation, postOperations } from "../operations.ts";

export interface ValidationCase {
  readonly operation: PostOperation;
  /** The body; if `serviceId` is `"known"`, put a service that exists. */
  readonly body: Readonly<Record<string, unknown>>;
  /** The refusal, or `undefined`: the syntax is right, and only the server's state decides. */
  readonly type: ErrorType | undefined;
  readonly why: string;
}

const to = "+919876543210";
const otp = "482915";

const badServices: readonly (readonly [value: unknown, why: string])[] = [
  [undefined, "missing"],
  [null, "null"],
  ["", "empty"],
  [42, "a number"],
  [["known"], "an array"],
  ["not-a-uuid", "no UUID"],
  ["5f0c8f0e4f3b4c629d5a0d6b1d0f3a11", "without hyphens"],
  ["5f0c8f0e-4f3b-1c62-9d5a-0d6b1d0f3a11", "a UUID v1"],
  ["018f0c8f-4f3b-7c62-9d5a-0d6b1d0f3a11", "a UUID v7"],
  ["5f0c8f0e-4f3b-4c62-cd5a-0d6b1d0f3a11", "another variant"],
  [" 5f0c8f0e-4f3b-4c62-9d5a-0d6b1d0f3a11", "a blank before it"],
  ["5f0c8f0e-4f3b-4c62-9d5a-0d6b1d0f3a11\n", "a line break after it"],
];

const badRecipients: readonly (readonly [value: unknown, why: string])[] = [
  [undefined, "missing"],
  [null, "null"],
  ["", "empty"],
  [919876543210, "a number"],
  [[to], "an array"],
  ["919876543210", "without +"],
  ["00919876543210", "00 for +"],
  ["+0919876543210", "a country code of 0"],
  ["+91 98765 43210", "blanks"],
  ["+91-9876543210", "a hyphen"],
  ["+44(0)7700900123", "a national prefix in brackets"],
  ["+919876543210;ext=5", "an extension"],
  ["+91987654321012345", "16 digits and more"],
  ["+123456", "under 7 digits"],
  ["+٩١٩٨٧٦٥٤٣٢١٠", "digits of another script"],
  ["+919876543210\n", "a line break after it"],
  ["tel:+919876543210", "a URI"],
];

const badOtps: readonly (readonly [value: unknown, why: string])[] = [
  [undefined, "missing"],
  [null, "null"],
  ["", "empty"],
  [482915, "a number"],
  [["482915"], "an array"],
  ["123", "3 digits"],
  ["12345678901", "11 digits"],
  ["48291a", "a letter"],
  ["482 915", "a blank"],
  ["-48291", "a sign"],
  ["٤٨٢٩١٥", "digits of another script"],
  ["482915\n", "a line break after it"],
];

const good: readonly (readonly [body: Readonly<Record<string, unknown>>, why: string])[] = [
  [{ to, serviceId: "known", otp }, "all right"],
  [{ to, serviceId: "known", otp: "0000" }, "4 digits, leading zeros"],
  [{ to, serviceId: "known", otp: "0123456789" }, "10 digits"],
];

const takesOtp = (operation: PostOperation) => operations[operation].fields.includes("otp");

function bodyFor(operation: PostOperation, body: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { otp: code, ...rest } = body;
  return takesOtp(operation) ? body : rest;
}

export const validationCases: readonly ValidationCase[] = postOperations.flatMap((operation) => {
  const { badService } = operations[operation];
  const refused = (body: Record<string, unknown>, type: ErrorType | undefined, why: string) => ({
    operation,
    body: bodyFor(operation, body),
    type,
    why,
  });
  return [
    ...badServices.map(([serviceId, why]) => refused({ to, serviceId, otp }, badService, `serviceId: ${why}`)),
    ...badRecipients.map(([recipient, why]) =>
      refused({ to: recipient, serviceId: "known", otp }, "invalid_recipient", `to: ${why}`),
    ),
    ...(takesOtp(operation) ? badOtps : []).map(([code, why]) =>
      refused({ to, serviceId: "known", otp: code }, "otp_invalid", `otp: ${why}`),
    ),
    refused({ to: "x", serviceId: "x", otp: "x" }, badService, "all wrong: the service comes first"),
    refused(
      { to: "x", serviceId: "known", otp: "x" },
      "invalid_recipient",
      "recipient and code wrong: the recipient comes first",
    ),
    ...good.map(([body, why]) => refused(body, undefined, why)),
  ];
});
