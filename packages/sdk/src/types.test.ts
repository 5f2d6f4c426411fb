/** Proves at compile time that the written-out types are the contract's; at run time there is only the error names. */
import assert from "node:assert/strict";
import { it } from "node:test";
import type * as contract from "@antryk/contract";
import { operations as described, errorTypes, postOperations as inContract } from "@antryk/contract";
import { type ErrorType, errorRows } from "./generated/error-rows.ts";
import { type Bodies, operations, postOperations } from "./operations.ts";
import type * as sdk from "./types.ts";

/** All the way down, without names of types, so that two types are compared by their fields alone. */
type Spread<T> = T extends object ? { [Name in keyof T]: Spread<T[Name]> } : T;
/** Identical: a field that only one has is seen even if it is optional. */
type Same<A, B> = (<T>() => T extends Spread<A> ? 1 : 2) extends <T>() => T extends Spread<B> ? 1 : 2 ? true : false;
/** Credentials travel in headers: the SDK's users never write them into a body. */
type WithoutKeys<Body> = Omit<Body, "accessKey" | "secretKey">;
/** Callers may pass `undefined` for what they leave out; it is never sent. */
type Sent<Params> = { [Name in keyof Params]: Exclude<Params[Name], undefined> };

/** The operations whose bodies differ from the contract's: none. */
type Differing = {
  [Name in contract.PostOperation]: [
    Same<Sent<Bodies[Name]["params"]>, WithoutKeys<contract.RequestOf<Name>>>,
    Same<Bodies[Name]["reply"], contract.ReplyOf<Name>>,
  ] extends [true, true]
    ? never
    : Name;
}[contract.PostOperation];

const same: {
  operations: [Differing] extends [never] ? true : Differing;
  verifiedReply: Same<sdk.VerifiedReply, contract.VerifiedReply>;
  wrongCodeReply: Same<sdk.WrongCodeReply, contract.WrongCodeReply>;
  verificationReply: Same<sdk.VerificationReply, contract.VerificationReply>;
  status: Same<sdk.VerificationStatus, contract.VerificationStatus>;
  delivery: Same<sdk.DeliveryAttempt, contract.DeliveryAttempt>;
  errorType: Same<ErrorType, contract.ErrorType>;
  limit: Same<sdk.LimitName, contract.LimitName>;
  reason: Same<sdk.BlockedReason, contract.BlockedReason>;
} = {
  operations: true,
  verifiedReply: true,
  wrongCodeReply: true,
  verificationReply: true,
  status: true,
  delivery: true,
  errorType: true,
  limit: true,
  reason: true,
};

type Attempt = contract.DeliveryAttempt;
type Receipt = NonNullable<Attempt["receipt"]>;

/** What the comparison above must see: each of these differs from the contract's. */
const seen: {
  fieldIsMissing: Same<Omit<Attempt, "durationMs">, Attempt>;
  optionalFieldIsMissing: Same<Omit<Attempt, "receipt">, Attempt>;
  optionalFieldIsTooMuch: Same<Attempt & { more?: string }, Attempt>;
  fieldBecameOptional: Same<Omit<Attempt, "at"> & { at?: string }, Attempt>;
  fieldBecameRequired: Same<Omit<Attempt, "receipt"> & { receipt: Receipt }, Attempt>;
  optionalFieldIsMissingInside: Same<Omit<Attempt, "receipt"> & { receipt?: Omit<Receipt, "code"> }, Attempt>;
  nameIsMissing: Same<Exclude<ErrorType, "unavailable">, contract.ErrorType>;
  nameIsTooMuch: Same<ErrorType | "new", contract.ErrorType>;
} = {
  fieldIsMissing: false,
  optionalFieldIsMissing: false,
  optionalFieldIsTooMuch: false,
  fieldBecameOptional: false,
  fieldBecameRequired: false,
  optionalFieldIsMissingInside: false,
  nameIsMissing: false,
  nameIsTooMuch: false,
};

it("the types are the contract's, which the compiler proves above", () => {
  assert.ok(Object.values(same).every(Boolean));
  assert.ok(!Object.values(seen).some(Boolean));
  assert.deepEqual(Object.keys(errorRows).sort(), [...errorTypes].sort());
});

it("the operations are the contract's, with their fields and their answer to an unknown service", () => {
  assert.deepEqual(postOperations, inContract);
  for (const operation of inContract) {
    const { request, badService } = described[operation];
    const fields = Object.keys(request.properties).filter((name) => name !== "accessKey" && name !== "secretKey");
    assert.deepEqual(operations[operation], { fields, badService }, operation);
  }
});
