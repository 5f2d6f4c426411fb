/** What operators call things, find and stop. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Installation } from "@antryk/testkit/process";

const to = "+919876543210";

test("init with a name and without a sandbox: an account and a key, nothing that can't be removed", async () => {
  await using installation = new Installation();
  const first = await installation.json("init", "--name", "Acme", "--no-sandbox");
  assert.equal(first.serviceId, null);
  const { accounts } = (await installation.json("account", "list")) as unknown as { accounts: { name: string }[] };
  assert.deepEqual(
    accounts.map(({ name }) => name),
    ["Acme"],
  );
  const { services } = (await installation.json("service", "list")) as unknown as { services: unknown[] };
  assert.deepEqual(services, []);
  assert.match((await installation.run("init")).stderr, /has an account already/);
});

test("things are renamed, keys have names, and an unknown account is an error, not an empty list", async () => {
  await using installation = new Installation();
  const { accountId, serviceId } = await installation.caller();
  await installation.json("account", "rename", accountId, "Shop");
  await installation.json("service", "rename", serviceId, "Checkout");
  await installation.json("account", "update", accountId, "--limit", "10/1h");
  const { accounts } = (await installation.json("account", "list")) as unknown as {
    accounts: Record<string, string>[];
  };
  assert.deepEqual([accounts[0]?.name, accounts[0]?.limit], ["Shop", "10/1h"]);
  assert.equal((await installation.json("service", "show", serviceId)).name, "Checkout");
  await installation.json("key", "create", "--account", accountId, "--name", "the app");
  const { keys } = (await installation.json("key", "list")) as unknown as { keys: { name: string | null }[] };
  assert.deepEqual(
    keys.map(({ name }) => name),
    [null, "the app"],
  );
  for (const noun of ["service", "key"]) {
    const { code, stderr } = await installation.run(noun, "list", "--account", "3f0c8f0e-4f3b-4c62-9d5a-0d6b1d0f3a11");
    assert.equal(code, 1);
    assert.match(stderr, /there is no account/);
  }
  assert.match((await installation.run("account", "update", accountId)).stderr, /name what to change/);
});

test("a paused service sends nothing, its codes verify, and it goes on when it is resumed", async () => {
  await using installation = new Installation();
  const { serviceId, accessKey, secretKey } = await installation.caller();
  await using server = await installation.serveHere();
  const post = async (operation: string, body: object) => {
    const reply = await fetch(`${server.baseUrl}/api/v1/sms/${operation}`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-access-key": accessKey, "x-secret-key": secretKey },
      body: JSON.stringify({ serviceId, ...body }),
    });
    return { status: reply.status, body: (await reply.json()) as { data?: { valid?: boolean } } };
  };
  const messages = async () => {
    const reply = await fetch(`${server.operationsUrl}/sandbox/messages`);
    return ((await reply.json()) as { messages: { text: string }[] }).messages;
  };
  assert.equal((await post("send-otp", { to })).status, 200);
  await installation.json("service", "pause", serviceId);
  // Whoever asks a server anew sees it: this one has its own cache for two seconds.
  await using other = await installation.serveHere();
  const paused = await fetch(`${other.baseUrl}/api/v1/sms/send-otp`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-access-key": accessKey, "x-secret-key": secretKey },
    body: JSON.stringify({ serviceId, to: "+919876543211" }),
  });
  assert.equal(paused.status, 500);
  const otp = /\d{6}/.exec((await messages())[0]?.text ?? "")?.[0];
  assert.equal((await post("verify-otp", { to, otp })).body.data?.valid, true);
  await installation.json("service", "resume", serviceId);
  assert.equal((await installation.json("service", "show", serviceId)).paused as unknown, false);
});

test("names that a terminal must not have are refused, and older ones are shown without harm", async () => {
  await using installation = new Installation();
  const { accountId, serviceId } = await installation.caller();
  for (const name of ["a\u001b[31mb", "a\nb", "a\u202eb", "", "x".repeat(101)]) {
    for (const args of [
      ["account", "create", name],
      ["account", "rename", accountId, name],
      ["service", "rename", serviceId, name],
      ["key", "create", "--account", accountId, "--name", name],
    ]) {
      const { code, stderr } = await installation.run(...args);
      assert.equal(code, 1, JSON.stringify(args));
      assert.match(stderr, /a name must have/);
      assert.ok(!stderr.includes("\u001b"));
    }
  }
  const { DatabaseSync } = await import("node:sqlite");
  const db = new DatabaseSync(`${installation.folder}/data/antryk.db`);
  db.prepare("UPDATE document SET body = replace(body, 'Acme', ?) WHERE kind = 'service'").run("Ac\\u001b[31mme");
  db.close();
  const { stdout } = await installation.run("service", "list");
  assert.ok(!stdout.includes("\u001b") && stdout.includes("Ac\ufffd[31mme"), JSON.stringify(stdout));
});
