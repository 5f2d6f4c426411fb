import assert from "node:assert/strict";
import { test } from "node:test";
import { Installation } from "@antryk/testkit/process";

const number = "+15005550001";
const code = "046813";

test("test-number: numbers are added, listed and removed, and their codes are never shown", async () => {
  await using installation = new Installation();
  const { serviceId } = await installation.caller("--countries", "IN");
  const of = ["--service", serviceId];
  const add = (...flags: string[]) => installation.run("test-number", "add", number, ...of, ...flags);
  for (const [flags, exit, why] of [
    [["--code", code], 2, /--until/],
    [["--code", code, "--until", "91d"], 1, /at most 90 days/],
    [["--code", "1234", "--until", "7d"], 1, /6 digits/],
    [["--code", "12345x", "--until", "7d"], 1, /6 digits/],
  ] as const) {
    const { code: found, stderr } = await add(...flags);
    assert.equal(found, exit, stderr);
    assert.match(stderr, why);
  }
  const made = await installation.json("test-number", "add", number, ...of, "--code", code, "--until", "90d");
  assert.deepEqual(Object.keys(made), ["number", "service", "until"]);
  await installation.json("test-number", "add", number, ...of, "--code", code, "--until", "7d");

  const listed = await installation.json("test-number", "list", ...of);
  const [only, ...others] = listed.testNumbers as unknown as { number: string; until: string; hasEnded: boolean }[];
  assert.ok(only && others.length === 0, "added again, it is changed");
  assert.deepEqual([only.number, only.hasEnded], [number, false]);
  const shown = await installation.json("service", "show", serviceId);
  assert.deepEqual(shown.testNumbers, [`${number} until ${only.until}`]);
  const texts = [made, listed, shown].map((each) => JSON.stringify(each)).join();
  assert.ok(!texts.includes(code));

  await installation.json("test-number", "remove", number, ...of);
  const again = await installation.run("test-number", "remove", number, ...of);
  assert.equal(again.code, 1);
  assert.match(again.stderr, /is no test number/);
  const bad = await installation.run("test-number", "remove", "15005550001", ...of);
  assert.equal(bad.code, 1);
  assert.match(bad.stderr, /E\.164/);
});
