/** Proves at compile time that the written-out types are the contract's; at run time there is only the error names. */
import assert from "node:assert/strict";
import { it } from "node:test";
import type * as contract from "@antryk/contract";
import { errorTypes } from "@antryk/contract";
import { type ErrorType, errorRows } from "./generated/error-rows.ts";
import type * as sdk from "./types.ts";

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;
/** Credentials travel in headers: the SDK's users never write them into a body. */
type WithoutKeys<Body> = Omit<Body, "accessKey" | "secretKey">;
/** Callers may pass `undefined` for what they leave out; it is never sent. */
type Sent<Params> = { [Name in keyof Params]: Exclude<Params[Name], undefined> };

const same: {
  sendRequest: Same<Sent<sdk.SendOtpParams>, WithoutKeys<contract.SendOtpRequest>>;
  resendRequest: Same<Sent<sdk.ResendOtpParams>, WithoutKeys<contract.ResendOtpRequest>>;
  verifyRequest: Same<Sent<sdk.VerifyOtpParams>, WithoutKeys<contract.VerifyOtpRequest>>;
  cancelRequest: Same<sdk.CancelOtpParams, WithoutKeys<contract.CancelOtpRequest>>;
  sendReply: Same<sdk.SendOtpReply, contract.SendOtpReply>;
  verifiedReply: Same<sdk.VerifiedReply, contract.VerifiedReply>;
  wrongCodeReply: Same<sdk.WrongCodeReply, contract.WrongCodeReply>;
  verifyReply: Same<sdk.VerifyOtpReply, contract.VerifyOtpReply>;
  cancelReply: Same<sdk.CancelOtpReply, contract.CancelOtpReply>;
  verificationReply: Same<sdk.VerificationReply, contract.VerificationReply>;
  status: Same<sdk.VerificationStatus, contract.VerificationStatus>;
  delivery: Same<sdk.DeliveryAttempt, contract.DeliveryAttempt>;
  errorType: Same<ErrorType, contract.ErrorType>;
} = {
  sendRequest: true,
  resendRequest: true,
  verifyRequest: true,
  cancelRequest: true,
  sendReply: true,
  verifiedReply: true,
  wrongCodeReply: true,
  verifyReply: true,
  cancelReply: true,
  verificationReply: true,
  status: true,
  delivery: true,
  errorType: true,
};

it("the types are the contract's, which the compiler proves above", () => {
  assert.ok(Object.values(same).every(Boolean));
  assert.deepEqual(Object.keys(errorRows).sort(), [...errorTypes].sort());
});
