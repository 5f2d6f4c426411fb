import assert from "node:assert/strict";
import { resolve } from "node:path";
import { test } from "node:test";
import { pathNames } from "./load/paths.ts";
import { readOptions, UsageError } from "./options.ts";
import { Checkout } from "./processes/checkout.ts";

test("without options everything is measured", () => {
  const options = readOptions([]);
  assert.deepEqual([...options.only], [...pathNames, "memory"]);
  assert.deepEqual(
    [options.rounds, options.seconds, options.json, options.growth, options.growthRows],
    [5, 2, false, false, 10_000_000],
  );
});

test("what replaces the usual run is off until asked for", () => {
  assert.deepEqual([readOptions([]).sweep, readOptions(["--sweep"]).sweep], [false, true]);
  assert.deepEqual([readOptions([]).smpp, readOptions(["--smpp"]).smpp], [false, true]);
  assert.deepEqual([readOptions([]).receipts, readOptions(["--receipts"]).receipts], [false, true]);
});

test("--only takes names with commas", () => {
  assert.deepEqual([...readOptions(["--only", "send, verify"]).only], ["send", "verify"]);
});

test("--against takes a checkout's folder", () => {
  const { folder } = Checkout.own;
  assert.deepEqual(
    [readOptions(["--against", folder]), readOptions(["--postgres", "--against", folder])].map(({ against }) =>
      resolve(against ?? ""),
    ),
    [resolve(folder), resolve(folder)],
  );
  assert.equal(readOptions([]).against, undefined);
});

for (const args of [
  ["--only", "sned"],
  ["--rounds", "0"],
  ["--rounds", "1.5"],
  ["--seconds", "x"],
  ["--seconds", ""],
  ["--warm-up", "0"],
  ["--growth-rows", "5"],
  ["--against", "no/such/folder"],
  ["--against", Checkout.own.folder, "--soak"],
  ["--only", "verify-elsewhere"],
  ["--postgres", "--only", "send-http"],
  ["--nonsense"],
  ["extra"],
]) {
  test(`refuses ${args.join(" ")}`, () => {
    assert.throws(() => readOptions(args), UsageError);
  });
}
