import assert from "node:assert/strict";
import { test } from "node:test";
import { readOptions, UsageError } from "./options.ts";

test("without options everything is measured", () => {
  const options = readOptions([]);
  assert.deepEqual([...options.only], ["send", "send-key", "verify", "verify-key", "send-http", "memory"]);
  assert.deepEqual(
    [options.rounds, options.seconds, options.json, options.growth, options.growthRows],
    [5, 2, false, false, 10_000_000],
  );
});

test("what replaces the usual run is off until asked for", () => {
  assert.deepEqual([readOptions([]).smpp, readOptions(["--smpp"]).smpp], [false, true]);
});

test("--only takes names with commas", () => {
  assert.deepEqual([...readOptions(["--only", "send, verify"]).only], ["send", "verify"]);
});

for (const args of [
  ["--only", "sned"],
  ["--rounds", "0"],
  ["--rounds", "1.5"],
  ["--seconds", "x"],
  ["--seconds", ""],
  ["--growth-rows", "5"],
  ["--nonsense"],
  ["extra"],
]) {
  test(`refuses ${args.join(" ")}`, () => {
    assert.throws(() => readOptions(args), UsageError);
  });
}
