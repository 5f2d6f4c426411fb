import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "./until.ts";

test("resolves with the first result of a condition that is something", async () => {
  const results = [undefined, null, 0, "", false, "found", "later"];
  assert.equal(await until(async () => results.shift(), { what: "found", everyMs: 1 }), "found");
  assert.deepEqual(results, ["later"]);
});

test("resolves with what a promise resolves with", async () => {
  assert.equal(await until(Promise.resolve(0), { what: "a number" }), 0);
});

test("rejects as the condition or the promise does", async () => {
  const fault = new Error("broken");
  await assert.rejects(until(Promise.reject(fault), { what: "never" }), fault);
  const condition = () => {
    throw fault;
  };
  await assert.rejects(until(condition, { what: "never" }), fault);
});

test("says what did not happen, and what was found instead", async () => {
  const options = { timeoutMs: 30, everyMs: 1 };
  await assert.rejects(
    until(() => false, { what: "the server listens", ...options }),
    /^Error: not within 0\.03 s: the server listens$/,
  );
  const found = ["a", "b"];
  const what = () => `three entries, only ${found}`;
  await assert.rejects(
    until(() => found.length === 3, { what, ...options }),
    /three entries, only a,b$/,
  );
  const never = new Promise<never>(() => undefined);
  await assert.rejects(until(never, { what: "a reply", ...options }), /a reply/);
  await assert.rejects(
    until(() => never, { what: "a reply", ...options }),
    /a reply/,
    "a condition that hangs is a hang",
  );
});
