/** Stopping: what is in flight finishes, what is new is 503, and it takes a bounded time. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { holds, stalls, startGateway } from "@antryk/testkit/gateway";
import { assertError, newRecipient } from "@antryk/testkit/http/expect";
import { smsOperations } from "@antryk/testkit/http/operations";
import { exchangeOne, postText } from "@antryk/testkit/http/socket";
import { startService, type TestReply, type TestService } from "@antryk/testkit/service";

async function get(service: TestService, path: string): Promise<TestReply> {
  const headers = { "x-access-key": service.accessKey, "x-secret-key": service.secretKey };
  const reply = await fetch(service.baseUrl + path, { headers });
  return { status: reply.status, headers: reply.headers, body: await reply.json() };
}

test("503 unavailable: new requests of a stopping server, while the one in flight finishes", async () => {
  await using gateway = await startGateway();
  const { behaviour, release } = holds();
  gateway.behave(behaviour);
  const service = await startService({ service: gateway.service });
  const inFlight = service.post("send-otp", { to: newRecipient() });
  await gateway.arrived(1);
  assert.equal((await get(service, "/readyz")).status, 200);

  const closed = service.app.close(300_000);
  for (const operation of smsOperations) {
    const reply = await service.post(operation, { to: newRecipient(), otp: "123456" });
    assertError(reply, "unavailable", { retryAfter: 1 });
    assert.equal(reply.headers.get("connection"), "close");
  }
  assertError(await get(service, "/api/v1/sms/verifications/x"), "unavailable", { retryAfter: 1 });
  assertError(await get(service, "/readyz"), "unavailable", { retryAfter: 1 });
  assert.equal((await get(service, "/healthz")).status, 200, "it is alive");
  const text = postText("/api/v1/sms/send-otp", '{"to":', { "x-request-id": "mine" }, 100);
  const refused = await exchangeOne(service.baseUrl, (socket) => {
    socket.write(text);
    // The server waits for the rest of the body.
    socket.once("data", () => socket.end());
  });
  assert.equal(refused.headers.get("x-request-id"), "mine");

  release();
  assert.equal((await inFlight).status, 200);
  assert.equal(await closed, true);
  await assert.rejects(fetch(`${service.baseUrl}/healthz`), "the server no longer listens");
});

test("the time is bounded: a request that does not end is cut off, and close reports it", async () => {
  await using gateway = await startGateway(stalls);
  const service = await startService({ service: gateway.service });
  const inFlight = assert.rejects(service.post("send-otp", { to: newRecipient() }));
  await gateway.arrived(1);
  const closed = service.app.close(100);
  await inFlight;
  service.timer.end();
  assert.equal(await closed, false);
});

test("an idle server closes though clients keep connections open", async () => {
  const service = await startService();
  const open = exchangeOne(service.baseUrl, "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n");
  assert.equal((await get(service, "/healthz")).status, 200);
  assert.equal(await service.app.close(300_000), true);
  assert.equal((await open).status, 200);
});
