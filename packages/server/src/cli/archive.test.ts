/** Archiving and restoring on the command line, and when a key was last used. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Installation } from "@antryk/testkit/process";

type Listed = Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;

test("what is archived is in no list without --all, and comes back", async () => {
  await using installation = new Installation();
  const first = await installation.caller();
  const second = await installation.caller();
  const list = async (noun: string, field: string, ...flags: string[]) => {
    const listed = (await installation.json(noun, "list", ...flags)) as unknown as Listed;
    return Object.values(listed)[0]?.map((each) => each[field]);
  };
  await installation.json("service", "archive", first.serviceId);
  assert.deepEqual(await list("service", "serviceId"), [second.serviceId]);
  assert.deepEqual(await list("service", "serviceId", "--account", first.accountId), []);
  assert.deepEqual(await list("service", "serviceId", "--all"), [first.serviceId, second.serviceId]);
  assert.match((await installation.run("service", "list", "--all")).stdout, /ARCHIVED/);
  const shown = (await installation.json("service", "show", first.serviceId)) as Record<string, unknown>;
  assert.match(String(shown.archivedAt), /^\d{4}-/);
  const back = (await installation.json("service", "restore", first.serviceId)) as Record<string, unknown>;
  assert.equal(back.archivedAt, null);
  assert.deepEqual(await list("service", "serviceId"), [first.serviceId, second.serviceId]);

  const archived = (await installation.json("account", "archive", first.accountId)) as Record<string, unknown>;
  assert.match(String(archived.archivedAt), /^\d{4}-/);
  assert.deepEqual(await list("account", "accountId"), [second.accountId]);
  assert.deepEqual(await list("account", "accountId", "--all"), [first.accountId, second.accountId]);
  assert.deepEqual(await list("service", "serviceId"), [second.serviceId], "an archived account's things go with it");
  assert.deepEqual(await list("key", "accessKey"), [second.accessKey]);
  assert.deepEqual(await list("key", "accessKey", "--all"), [first.accessKey, second.accessKey]);
  assert.deepEqual(await list("key", "accessKey", "--account", first.accountId), [first.accessKey]);
  for (const args of [
    ["key", "create", "--account", first.accountId],
    ["service", "create", "--account", first.accountId, "--name", "More", "--countries", "all"],
  ]) {
    const { code, stderr } = await installation.run(...args);
    assert.equal(code, 1);
    assert.match(stderr, /is archived: "antryk account restore/);
  }
  await installation.json("account", "restore", first.accountId);
  assert.deepEqual(await list("account", "accountId"), [first.accountId, second.accountId]);
  assert.deepEqual(await list("key", "accessKey"), [first.accessKey, second.accessKey]);
  for (const noun of ["account", "service"])
    for (const verb of ["archive", "restore"])
      assert.match((await installation.run(noun, verb, "none")).stderr, /^antryk: there is no (account|service) none/);
});

test("key list shows when a key was last used", async () => {
  await using installation = new Installation();
  const { serviceId, accessKey, secretKey } = await installation.caller();
  const lastUse = async () => {
    const { keys } = (await installation.json("key", "list")) as unknown as Listed;
    return keys?.[0]?.lastUsedAt;
  };
  assert.equal(await lastUse(), null);
  const before = Date.now();
  {
    // A server that stops has written what it knows.
    await using server = await installation.serveHere();
    const reply = await fetch(`${server.baseUrl}/api/v1/sms/send-otp`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-access-key": accessKey, "x-secret-key": secretKey },
      body: JSON.stringify({ serviceId, to: "+919876543210" }),
    });
    assert.equal(reply.status, 200);
  }
  const usedAt = Date.parse(String(await lastUse()));
  assert.ok(usedAt >= before - 1_000 && usedAt <= Date.now() + 1_000, String(usedAt));
  assert.match((await installation.run("key", "list")).stdout, /LAST USED/);
});
