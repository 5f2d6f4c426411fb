/** GET /sandbox/messages: what it shows. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { newRecipient, sent } from "@antryk/testkit/http/expect";
import { exchangeOne } from "@antryk/testkit/http/socket";
import { startService, type TestReply } from "@antryk/testkit/service";

const service = await startService();
after(() => service[Symbol.asyncDispose]());

function list(
  query: string,
  headers: Record<string, string> = {},
  baseUrl = service.operationsUrl,
): Promise<TestReply> {
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
