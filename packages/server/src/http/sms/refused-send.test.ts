/** A send that the gateway definitely refused leaves nothing and gives its limits back. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { replies, resets, startGateway } from "@antryk/testkit/gateway";
import { assertError, newRecipient, typeOf, wrongCode } from "@antryk/testkit/http/expect";
import { deadOrigin } from "@antryk/testkit/net/ports";
import { startService, type TestCaller } from "@antryk/testkit/service";

const gateway = await startGateway();
after(() => gateway[Symbol.asyncDispose]());
const service = await startService({ service: gateway.service });
after(() => service[Symbol.asyncDispose]());

const post = (operation: string, body: object, caller: TestCaller = service) =>
  service.post(operation, body, {}, caller);

test("nothing is pending after it: verify is 404, the caller's retry is a send and no 409", async () => {
  const to = newRecipient();
  gateway.behave(replies(500));
  assertError(await post("send-otp", { to }), "provider_unavailable", { retryAfter: 2, mayHaveBeenSent: false });
  const [refused] = gateway.codes(to);
  assertError(await post("verify-otp", { to, otp: refused }), "otp_not_found");
  assertError(await post("resend-otp", { to }), "otp_not_found");
  gateway.behave(replies(204));
  assert.equal((await post("send-otp", { to })).status, 200);
});

test("every refusal of a gateway, and one that can't be reached, is a 500 that may be retried", async () => {
  for (const status of [301, 400, 401, 403, 404, 429, 500, 502, 503]) {
    gateway.behave(replies(status, "<html>"));
    assertError(await post("send-otp", { to: newRecipient() }), "provider_unavailable", {
      retryAfter: 2,
      mayHaveBeenSent: false,
    });
  }
  const caller = await service.addCaller({ provider: "http", config: { url: deadOrigin, secret: gateway.secret } });
  assertError(await post("send-otp", { to: newRecipient() }, caller), "provider_unavailable", {
    retryAfter: 2,
    mayHaveBeenSent: false,
  });
});

test("the limits of the recipient, the service, the account and the client are given back", async () => {
  const one = [{ count: 1, windowMs: 3_600_000 }];
  const clientIp = "203.0.113.7";
  for (const [changes, account] of [
    [{ recipientLimits: one }, []],
    [{ serviceLimits: one }, []],
    [{ clientLimits: one }, []],
    [{}, one],
  ] as const) {
    const caller = await service.addCaller({ ...gateway.service, ...changes }, account);
    const to = newRecipient();
    gateway.behave(replies(500));
    for (let n = 0; n < 3; n += 1)
      assert.equal(typeOf(await post("send-otp", { to, clientIp }, caller)), "provider_unavailable");
    gateway.behave(replies(204));
    const taken = await post("send-otp", { to, clientIp }, caller);
    assert.equal(taken.status, 200, JSON.stringify([changes, taken.body]));
    await post("verify-otp", { to, otp: gateway.codes(to).at(-1) }, caller);
    assert.equal(
      typeOf(await post("send-otp", { to, clientIp }, caller)),
      "rate_limited",
      "one that was taken does count",
    );
  }
});

test("the count of sends begun per recipient, 10 in 15 minutes, is never given back", async () => {
  const to = newRecipient();
  gateway.behave(replies(500));
  for (let n = 0; n < 10; n += 1) {
    assert.equal(typeOf(await post("send-otp", { to })), "provider_unavailable");
    service.clock.advance(1_000);
  }
  const before = gateway.requests.length;
  const reply = await post("send-otp", { to });
  assertError(reply, "rate_limited", { retryAfter: 890, limit: "attempts" });
  assert.equal(reply.headers.get("ratelimit-policy"), '"attempts";q=10;w=900');
  assert.equal(gateway.requests.length, before);
  service.clock.advance(890_000);
  assert.equal(typeOf(await post("send-otp", { to })), "provider_unavailable", "one send has left the window");
});

test("it does not kill an earlier code that may have been delivered, nor give it tries back", async () => {
  const to = newRecipient();
  gateway.behave(resets);
  assertError(await post("send-otp", { to }), "provider_unavailable", { shouldRetry: false, mayHaveBeenSent: true });
  const [earlier = ""] = gateway.codes(to);
  await post("verify-otp", { to, otp: wrongCode(earlier) });

  gateway.behave(replies(500));
  assertError(await post("send-otp", { to }), "provider_unavailable", { retryAfter: 2, mayHaveBeenSent: false });
  const wrong = await post("verify-otp", { to, otp: wrongCode(earlier) });
  assert.equal(wrong.body.data.attemptsRemaining, 3);
  assert.equal((await post("verify-otp", { to, otp: earlier })).body.data.valid, true);
});

test("what an ended OTP answers is not changed by a refused send after it", async () => {
  const to = newRecipient();
  gateway.behave(replies(204));
  const first = await post("send-otp", { to });
  service.clock.advance(300_000);
  gateway.behave(replies(500));
  assert.equal(typeOf(await post("send-otp", { to })), "provider_unavailable");
  assertError(await post("verify-otp", { to, otp: gateway.codes(to)[0] }), "otp_expired");
  const reply = await fetch(`${service.baseUrl}/api/v1/sms/verifications/${first.body.data.verificationId}`, {
    headers: { "x-access-key": service.accessKey, "x-secret-key": service.secretKey },
  });
  assert.equal(reply.status, 200);
});
