/** The log's second line of defence, and how numbers may be shown. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createLog } from "./log.ts";
import { maskRecipient } from "./mask.ts";

test("a field with a secret's name is never printed, one level down either", () => {
  const lines: string[] = [];
  const log = createLog("debug", { write: (line) => lines.push(line) });
  for (const name of ["otp", "code", "secretKey", "secret", "text", "body", "headers", "authorization"]) {
    log.info({ event: "x", [name]: "hidden", request: { [name]: "hidden" } }, "m");
  }
  assert.equal(lines.length, 8);
  for (const line of lines) assert.ok(!line.includes("hidden") && line.includes("[redacted]"));
});

test("a level below the set one is silent", () => {
  const lines: string[] = [];
  createLog("warn", { write: (line) => lines.push(line) }).info("x");
  assert.deepEqual(lines, []);
});

test("a number shows its country and its last two digits", () => {
  assert.equal(maskRecipient("+919876543210"), "+919…10");
  assert.equal(maskRecipient("+12345"), "+…");
});
