/** Who reads a command's output may stop before its end. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { test } from "node:test";
import { Installation } from "@antryk/testkit/process";

const bin = new URL("../../bin/antryk.js", import.meta.url).pathname;

/** Runs a command whose output nobody reads; resolves with its exit code and what it says of that. */
async function unread(installation: Installation, ...args: string[]): Promise<{ code: number; stderr: string }> {
  const env = { ...process.env, ...installation.env, NODE_TEST_CONTEXT: undefined };
  const child = spawn(process.execPath, [bin, ...args], { cwd: installation.folder, env });
  // Before the program is loaded: its first byte finds nobody.
  child.stdout.destroy();
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const code = await new Promise<number>((resolve) => child.once("close", (exit) => resolve(exit ?? -1)));
  return { code, stderr };
}

test("a command whose output nobody reads ends quietly, with its own exit code", async () => {
  await using installation = new Installation();
  await installation.caller();
  for (const args of [["--help"], ["serve", "--help"], ["service", "list", "--json"], ["keyring", "list"]])
    assert.deepEqual(await unread(installation, ...args), { code: 0, stderr: "" }, args.join(" "));
});

test("a server whose log nobody reads serves on", async () => {
  await using installation = new Installation();
  await installation.caller();
  const server = await installation.serve();
  installation.closeOutput();
  // Each refused receipt is a line of the log.
  for (let n = 0; n < 3; n += 1) await fetch(`${server.baseUrl}/receipts/none/none`, { method: "POST" });
  assert.equal((await fetch(`${server.baseUrl}/healthz`)).status, 200);
  assert.equal(await server.kill("SIGTERM"), 0);
});

test("a secret can come by the standard input, and one in the arguments is said to be seen", async () => {
  await using installation = new Installation();
  await installation.caller();
  const env = { ...process.env, ...installation.env, NODE_TEST_CONTEXT: undefined };
  const add = (name: string, password: string) =>
    spawnSync(
      process.execPath,
      [
        bin,
        "gateway",
        "add",
        name,
        "--provider",
        "kannel",
        "--kannel-url",
        "http://127.0.0.1:9",
        "--kannel-username",
        "u",
        "--kannel-password",
        password,
      ],
      { cwd: installation.folder, env, input: "from the input\n", encoding: "utf8" },
    );
  const read = add("one", "-");
  assert.deepEqual([read.status, read.stderr], [0, ""]);
  const plain = add("two", "plain secret");
  assert.equal(plain.status, 0);
  assert.match(plain.stderr, /^antryk: --kannel-password is seen by everybody who lists processes: .*\n$/);
  assert.ok(!plain.stderr.includes("plain secret"));
});
