/**
 * Every row of the table of errors has a test that is named for it: `STATUS type: …`, or `OPERATION STATUS type: …`
 * if the row belongs to single operations.
 */
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { errorRow, errorTypes } from "@antryk/contract";
import { smsOperations } from "@antryk/testkit/http/operations";

/** Names like `send-otp 409 otp_pending`; one that is made for all operations stands for each. */
function testedRows(): Set<string> {
  const rows = new Set<string>();
  for (const file of globSync("**/*.test.ts", { cwd: import.meta.dirname })) {
    const text = readFileSync(join(import.meta.dirname, file), "utf8");
    for (const [, operation = "", status, type] of text.matchAll(
      /\btest\(\s*["`](?:(\$\{operation\}|[a-z-]+) )?(\d{3}) (\w+): /g,
    )) {
      const operations = operation.startsWith("$") ? operationsLooped(text) : [operation];
      for (const each of operations) rows.add(`${each} ${status} ${type}`.trim());
    }
  }
  return rows;
}

/** What a file's loops give to `operation`: all, or those that its loop lists. */
function operationsLooped(text: string): readonly string[] {
  return /of smsOperations\b/.test(text)
    ? smsOperations
    : (/operation of \[([^\]]+)\]/.exec(text)?.[1]?.match(/[a-z-]+/g) ?? []);
}

const tested = testedRows();

for (const type of errorTypes) {
  const { status, operations } = errorRow(type);
  test(`${type} has its tests`, () => {
    const missing = (operations === "all" ? [""] : operations).filter(
      (operation) => !tested.has(`${operation} ${status} ${type}`.trim()) && !tested.has(`${status} ${type}`),
    );
    assert.deepEqual(missing, [], `${type} has no test named "… ${status} ${type}: …" for these operations`);
  });
}

test("every test that is named for a row names one that exists", () => {
  for (const row of tested) {
    const [, operation = "", status, type = ""] = /^(?:(\S+) )?(\d{3}) (\w+)$/.exec(row) ?? [];
    const known = errorTypes.find((each) => each === type);
    assert.ok(known, `${row}: no such type`);
    assert.equal(errorRow(known).status, Number(status), row);
    const { operations } = errorRow(known);
    assert.ok(
      operation === "" || operations === "all" || operations.some((each) => each === operation),
      `${row}: not of this operation`,
    );
  }
});
