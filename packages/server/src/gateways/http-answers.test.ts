/**
 * What the `http` gateway has beside the conformance kit: its signature, its statuses one by one, and its refusals of a
 * number.
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { type Behaviour, replies, startGateway } from "@antryk/testkit/gateway";
import { hangMs } from "@antryk/testkit/until";
import { Webhook } from "standardwebhooks";
import { provider } from "./http.ts";
import { createDispatcher, parseRetryAfterMs } from "./lib/http-client.ts";
import type { OutgoingMessage, SendResult } from "./port.ts";
import { SandboxInbox } from "./sandbox/inbox.ts";

const gateway = await startGateway();
const dispatcher = createDispatcher();
after(() => Promise.all([gateway[Symbol.asyncDispose](), dispatcher.destroy()]));

const message: OutgoingMessage = {
  id: "msg_1",
  to: "+919876543210",
  text: "482915 is your Acmé code — नमस्ते",
  serviceId: "5f0c8f0e-4f3b-4c62-9d5a-0d6b1d0f3a11",
  verificationId: "019b76da-a800-742a-a325-5527aecb9cbb",
};

async function send(behaviour: Behaviour, signal = AbortSignal.timeout(hangMs)): Promise<SendResult> {
  gateway.behave(behaviour);
  const context = { dispatcher, sandbox: new SandboxInbox(), now: () => Date.now() };
  return provider.create({ url: gateway.url, secret: gateway.secret }, context).send(message, signal);
}

const refused = (failure: string, detail: string) => ({ outcome: "failed", class: failure, ambiguous: false, detail });
const unknown = (failure: string, detail: string) => ({ outcome: "failed", class: failure, ambiguous: true, detail });

test("4xx is a refusal for now; 401 and 403 are for the operator to mend, 429 passes", async () => {
  const classes = {
    400: "rejected",
    401: "auth",
    403: "auth",
    404: "rejected",
    408: "rejected",
    422: "rejected",
    429: "rate_limited",
  };
  for (const [status, failure] of Object.entries(classes))
    assert.deepEqual(await send(replies(Number(status), "no")), refused(failure, `HTTP ${status}`));
});

test("5xx is a refusal, but a 504 does not know", async () => {
  for (const status of [500, 501, 502, 503, 599])
    assert.deepEqual(await send(replies(status)), refused("unavailable", `HTTP ${status}`));
  assert.deepEqual(await send(replies(504)), unknown("timeout", "HTTP 504"));
});

test("a 4xx that says so refuses the number for good, and nothing else does", async () => {
  for (const [error, failure] of [
    ["invalid_recipient", "invalid_recipient"],
    ["recipient_blocked", "blocked"],
  ]) {
    const body = JSON.stringify({ error, more: 1 });
    for (const status of [400, 403, 404, 422])
      assert.deepEqual(await send(replies(status, body)), refused(String(failure), `HTTP ${status}`));
    for (const status of [500, 503])
      assert.deepEqual(await send(replies(status, body)), refused("unavailable", `HTTP ${status}`));
    assert.deepEqual(await send(replies(429, body)), refused("rate_limited", "HTTP 429"));
  }
  const others = [
    "",
    "null",
    "1",
    "[]",
    '"invalid_recipient"',
    '{"error":{"type":"invalid_recipient"}}',
    '{"error":"other"}',
    "<html>invalid_recipient</html>",
    `{"pad":"${"x".repeat(100_000)}","error":"invalid_recipient"}`,
  ];
  for (const body of others) assert.deepEqual(await send(replies(400, body)), refused("rejected", "HTTP 400"));
});

test("a status that says it all does not wait for a body that never ends", async () => {
  const started =
    (status: number): Behaviour =>
    (response) => {
      response.writeHead(status, { "content-length": "100" });
      response.write("{");
    };
  const never = new AbortController().signal;
  assert.deepEqual(await send(started(200), never), { outcome: "accepted" });
  assert.deepEqual(await send(started(302), never), refused("rejected", "HTTP 302"));
  assert.deepEqual(await send(started(429), never), refused("rate_limited", "HTTP 429"));
  assert.deepEqual(await send(started(503), never), refused("unavailable", "HTTP 503"));
});

test("Retry-After is read, in seconds or as a date", async () => {
  assert.deepEqual(await send(replies(503, "", { "retry-after": "7" })), {
    ...refused("unavailable", "HTTP 503"),
    retryAfterMs: 7_000,
  });
  const inAnHour = parseRetryAfterMs(new Date(Date.now() + 3_600_000).toUTCString());
  assert.ok(inAnHour !== undefined && inAnHour > 3_000_000 && inAnHour <= 3_600_000);
  assert.equal(parseRetryAfterMs("Thu, 01 Jan 1970 00:00:00 GMT"), 0);
  for (const value of [undefined, "", "soon", "-1", "1.5 minutes", ["1", "2"]])
    assert.equal(parseRetryAfterMs(value), undefined);
});

test("the message is signed by Standard Webhooks, over the very bytes that were sent", async () => {
  const before = gateway.requests.length;
  await send(replies(204));
  const received = gateway.requests[before];
  assert.ok(received);
  const headers = Object.fromEntries(Object.entries(received.headers).map(([name, value]) => [name, String(value)]));
  assert.deepEqual(new Webhook(gateway.secret).verify(received.raw, headers), message);
  assert.equal(headers["webhook-id"], message.id);
  assert.equal(headers["content-type"], "application/json");
  assert.throws(() => new Webhook(gateway.secret).verify(`${received.raw} `, headers));
  assert.throws(() => new Webhook(`whsec_${Buffer.alloc(32, 8).toString("base64")}`).verify(received.raw, headers));
});

test("webhook-id is the message's own: the same again for the same message", async () => {
  const before = gateway.requests.length;
  await send(replies(503));
  await send(replies(204));
  const ids = gateway.requests.slice(before).map(({ headers }) => headers["webhook-id"]);
  assert.deepEqual(ids, [message.id, message.id]);
});
