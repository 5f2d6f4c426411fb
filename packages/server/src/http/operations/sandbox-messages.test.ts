/** GET /sandbox/messages: what it shows, and what keeps other machines out. */
import assert from "node:assert/strict";
import { networkInterfaces } from "node:os";
import { after, test } from "node:test";
import { assertError, newRecipient, sent } from "@antryk/testkit/http/expect";
import { exchangeOne } from "@antryk/testkit/http/socket";
import { startService, type TestReply } from "@antryk/testkit/service";

const service = await startService();
after(() => service[Symbol.asyncDispose]());

function list(query: string, headers: Record<string, string> = {}, baseUrl = service.baseUrl): Promise<TestReply> {
  const all = { host: "localhost:8080", connection: "close", ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return exchangeOne(baseUrl, `GET /sandbox/messages${query} HTTP/1.1\r\n${lines.join("")}\r\n`);
}

test("newest first, of one recipient if `to` names it, with exactly the documented fields", async () => {
  const [first, second] = [newRecipient(), newRecipient()];
  await sent(service, first);
  service.clock.advance(30_000);
  await service.post("resend-otp", { to: first });
  const { code } = await sent(service, second);
  const { status, body } = await list("");
  assert.equal(status, 200);
  assert.deepEqual(
    body.messages.slice(0, 3).map(({ to }: { to: string }) => to),
    [second, first, first],
  );
  const only = await list(`?to=${encodeURIComponent(second)}`);
  const createdAt = new Date(service.clock.now()).toISOString();
  const [message] = only.body.messages;
  assert.deepEqual(only.body.messages, [
    { id: message.id, to: second, text: message.text, serviceId: service.serviceId, createdAt },
  ]);
  assert.equal(/\d{4,}/.exec(message.text)?.[0], code, "the first run of four or more digits is the code");
  assert.deepEqual((await list(`?to=${second}`)).body, only.body, "as people type it: the plus not encoded");
  assert.deepEqual((await list(`?to=${encodeURIComponent(newRecipient())}`)).body.messages, []);
});

test("404 not_found: Host is not localhost, 127.0.0.1 or [::1]", async () => {
  for (const host of ["localhost", "LOCALHOST:1", "127.0.0.1", "127.0.0.1:8080", "[::1]", "[::1]:8080"])
    assert.equal((await list("", { host })).status, 200, host);
  for (const host of [
    "example.com",
    "localhost.example.com",
    "127.0.0.1.example.com",
    "localhost:8080@example.com",
    "127.0.0.2",
    "0.0.0.0",
    "::1",
    "",
  ])
    assertError(await list("", { host }), "not_found");
});

test("404 not_found: a target that is a whole URL names another host, whatever Host says", async () => {
  const get = (target: string) =>
    exchangeOne(
      service.baseUrl,
      `GET ${target}/sandbox/messages HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`,
    );
  assert.equal((await get("http://127.0.0.1:8080")).status, 200);
  for (const target of ["http://example.com", "HTTPS://example.com:80", "http://localhost@example.com"])
    assertError(await get(target), "not_found");
});

test("404 not_found: anything forwarded it", async () => {
  for (const name of ["Forwarded", "X-Forwarded-For", "x-forwarded-host", "X-FORWARDED-PROTO", "x-forwarded-anything"])
    assertError(await list("", { [name]: "127.0.0.1" }), "not_found");
});

test("404 not_found: the server listens on more than loopback, though the peer is local", async () => {
  await using everywhere = await startService({ host: "0.0.0.0" });
  const local = everywhere.baseUrl.replace("0.0.0.0", "127.0.0.1");
  await everywhere.post("send-otp", { to: newRecipient() });
  assertError(await list("", {}, local), "not_found");
});

test("404 not_found: the peer is not local", async (t) => {
  const address = Object.values(networkInterfaces())
    .flat()
    .find((each) => each && !each.internal && each.family === "IPv4")?.address;
  if (!address) return t.skip("this machine has no other address");
  await using everywhere = await startService({ host: "0.0.0.0" });
  assertError(await list("", {}, everywhere.baseUrl.replace("0.0.0.0", address)), "not_found");
});

test("the inbox keeps the newest thousand", async () => {
  const { SandboxInbox, sandboxCapacity } = await import("../../gateways/sandbox/inbox.ts");
  assert.equal(sandboxCapacity, 1_000);
  const inbox = new SandboxInbox();
  for (let n = 0; n < 2_345; n += 1) inbox.add({ id: String(n), to: "+1", text: "", serviceId: "", createdAt: "" });
  const ids = inbox.list().map(({ id }) => Number(id));
  assert.deepEqual(
    ids,
    Array.from({ length: 1_000 }, (_, n) => 2_344 - n),
  );
});
