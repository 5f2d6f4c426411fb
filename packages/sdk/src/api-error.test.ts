import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { errorRow, errorTypes } from "@antryk/contract";
import { apiError } from "./api-error.ts";
import { errorMessage } from "./error-type.ts";
import { apiErrors } from "./generated/error-classes.ts";
import { errorRows } from "./generated/error-rows.ts";
import * as sdk from "./index.ts";

describe("the named errors", () => {
  it("are the contract's rows: type, status and message", () => {
    for (const table of [apiErrors, errorRows]) assert.deepEqual(Object.keys(table).sort(), [...errorTypes].sort());
    for (const type of errorTypes) {
      const { status, message } = errorRow(type);
      assert.equal(errorRows[type].status, status, type);
      assert.equal(errorMessage(type), message, type);
    }
  });

  for (const type of errorTypes) {
    it(`${type} has its own class, exported under its name`, () => {
      const error = apiError(type, "", {});
      const name = `${errorMessage(type)
        .replaceAll(" ", "")
        .replace(/Error$/, "")}Error`;
      const exported = (sdk as Record<string, unknown>)[name];
      assert.equal(typeof exported, "function", name);
      assert.equal(error.name, name);
      assert.equal(error.constructor, exported);
      assert.equal(error.type, type);
      assert.equal(error.status, errorRow(type).status);
      assert.equal(error.code, errorRow(type).status);
      assert.ok(error instanceof sdk.ApiError && error instanceof sdk.AntrykError && error instanceof Error);
      for (const other of errorTypes.filter((one) => one !== type))
        assert.ok(!(error instanceof apiErrors[other]), other);
    });
  }
});

describe("instanceof", () => {
  it("holds across two copies of the package", async () => {
    const errors: typeof import("./errors.ts") = await import(`./errors.ts?copy=${Math.random()}`);
    assert.notEqual(errors.AntrykError, sdk.AntrykError);
    const foreign = new errors.TimeoutError("x", { type: "timeout" });
    assert.ok(
      foreign instanceof sdk.TimeoutError &&
        foreign instanceof sdk.ConnectionError &&
        foreign instanceof sdk.AntrykError,
    );
    assert.ok(!(foreign instanceof sdk.ApiError) && !(foreign instanceof sdk.AbortError));
  });

  it("does not take a user's subclass for its parent's other errors", () => {
    class Mine extends sdk.RateLimitedError {}
    const details = { type: "rate_limited" } as const;
    assert.ok(new Mine("x", details) instanceof Mine);
    assert.ok(new Mine("x", details) instanceof sdk.RateLimitedError);
    assert.ok(!(new sdk.RateLimitedError("x", details) instanceof Mine));
  });

  it("is false for what is no error", () => {
    for (const value of [undefined, null, 1, "x", {}, [], new Error("x")])
      assert.ok(!((value as unknown) instanceof sdk.AntrykError));
  });
});

it("an error prints as JSON with its message and without its cause", () => {
  const error = new sdk.ConnectionError("No reply", { type: "connection_error", cause: new Error("x") });
  assert.deepEqual(JSON.parse(JSON.stringify(error)), {
    name: "ConnectionError",
    message: "No reply",
    type: "connection_error",
  });
});
