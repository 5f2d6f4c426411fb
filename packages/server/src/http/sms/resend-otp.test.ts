/** POST /resend-otp: the same code again. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { replies, resets, startGateway } from "@antryk/testkit/gateway";
import { assertError, guessWrong, newRecipient, sent, verify, wrongCode } from "@antryk/testkit/http/expect";
import { startService } from "@antryk/testkit/service";

const service = await startService({ service: { recipientLimits: [] } });
after(() => service[Symbol.asyncDispose]());
const gateway = await startGateway();
after(() => gateway[Symbol.asyncDispose]());
const viaGateway = await service.addCaller({ ...gateway.service, recipientLimits: [{ count: 3, windowMs: 900_000 }] });

const resend = (to: string) => service.post("resend-otp", { to });
const postViaGateway = (operation: string, body: object) => service.post(operation, body, {}, viaGateway);

test("resend-otp 200: same code, same verification, attempts and end unchanged", async () => {
  const to = newRecipient();
  const { code, data } = await sent(service, to);
  await verify(service, to, wrongCode(code));
  service.clock.advance(30_000);
  const again = await resend(to);
  assert.equal(again.status, 200);
  assert.equal(service.lastCode(to), code);
  assert.equal(service.app.sandbox.list(to).length, 2);
  assert.equal(again.body.data.verificationId, data.verificationId);
  assert.equal(again.body.data.expiresAt, data.expiresAt);
  assert.equal(again.body.data.expiresIn, 270);
  assert.equal((await verify(service, to, wrongCode(code))).body.data.attemptsRemaining, 3);
  assert.equal((await verify(service, to, code)).body.data.valid, true);
});

test("resend-otp 429 rate_limited: too early, 30, 60, 120, then 240 s after the message before", async () => {
  const caller = await service.addCaller({ recipientLimits: [], ttlSeconds: 600 });
  const to = newRecipient();
  const post = (operation: string) => service.post(operation, { to }, {}, caller);
  let { resendAt } = (await post("send-otp")).body.data;
  for (const seconds of [30, 60, 120]) {
    assert.equal(Date.parse(resendAt) - service.clock.now(), seconds * 1000);
    service.clock.advance(seconds * 1000 - 1);
    const early = await post("resend-otp");
    assertError(early, "rate_limited", { retryAfter: 1, limit: "cooldown" });
    assert.equal(early.headers.get("ratelimit-policy"), `"cooldown";q=1;w=${seconds}`);
    service.clock.advance(1);
    const again = await post("resend-otp");
    assert.equal(again.status, 200);
    resendAt = again.body.data.resendAt;
  }
  assertError(await post("resend-otp"), "rate_limited", { retryAfter: 240, limit: "cooldown" });
  service.clock.advance(240_000);
  assert.equal(
    Date.parse((await post("resend-otp")).body.data.resendAt) - service.clock.now(),
    240_000,
    "the last step repeats",
  );
});

test("resend-otp 429 rate_limited: the OTP is locked, and retrying does not help", async () => {
  const to = newRecipient();
  const { code, data } = await sent(service, to);
  await guessWrong(service, to, code, 5);
  service.clock.advance(30_000);
  assertError(await resend(to), "rate_limited", {
    retryAfter: 270,
    shouldRetry: false,
    limit: "otp",
    lockedUntil: data.expiresAt,
  });
});

test("resend-otp 404 otp_not_found: none sent, used, cancelled", async () => {
  const [never, used, cancelled] = [newRecipient(), newRecipient(), newRecipient()];
  await verify(service, used, (await sent(service, used)).code);
  await sent(service, cancelled);
  await service.post("cancel-otp", { to: cancelled });
  service.clock.advance(30_000);
  for (const to of [never, used, cancelled]) assertError(await resend(to), "otp_not_found");
});

test("resend-otp 404 service_not_found: serviceId is missing, malformed or of another account", async () => {
  for (const serviceId of [undefined, "x", viaGateway.serviceId]) {
    assertError(await service.post("resend-otp", { to: newRecipient(), serviceId }), "service_not_found", {
      param: "serviceId",
    });
  }
});

test("resend-otp 410 otp_expired: the OTP has expired", async () => {
  const to = newRecipient();
  await sent(service, to);
  service.clock.advance(300_000);
  assertError(await resend(to), "otp_expired");
});

test("resend-otp 400 invalid_recipient: no number, or the gateway refuses it for good", async () => {
  assertError(await service.post("resend-otp", {}), "invalid_recipient", { param: "to" });
  const to = await sentViaGateway();
  gateway.behave(replies(400, '{"error":"invalid_recipient"}'));
  assertError(await postViaGateway("resend-otp", { to }), "invalid_recipient", { param: "to" });
});

test("resend-otp 403 recipient_blocked: the gateway blocks the number", async () => {
  const to = await sentViaGateway();
  gateway.behave(replies(400, '{"error":"recipient_blocked"}'));
  assertError(await postViaGateway("resend-otp", { to }), "recipient_blocked", { param: "to", reason: "gateway" });
});

test("resend-otp 500 provider_unavailable: a refused resend changes nothing and gives its limit back", async () => {
  const to = await sentViaGateway();
  gateway.behave(replies(503));
  for (let n = 0; n < 4; n += 1)
    assertError(await postViaGateway("resend-otp", { to }), "provider_unavailable", {
      retryAfter: 2,
      mayHaveBeenSent: false,
    });

  gateway.behave(replies(204));
  const again = await postViaGateway("resend-otp", { to });
  assert.equal(again.status, 200, "neither its cooldown nor its limit was spent");
  assert.equal(Date.parse(again.body.data.resendAt) - service.clock.now(), 60_000, "it counts as the first resend");
  const codes = gateway.codes(to);
  assert.equal(new Set(codes).size, 1);
  assert.equal((await postViaGateway("verify-otp", { to, otp: codes[0] })).body.data.valid, true);
});

test("resend-otp 500 provider_unavailable: unknown outcome: the code stays, the limit is spent, no retry", async () => {
  const to = await sentViaGateway();
  gateway.behave(resets);
  assertError(await postViaGateway("resend-otp", { to }), "provider_unavailable", {
    shouldRetry: false,
    mayHaveBeenSent: true,
  });
  assertError(await postViaGateway("resend-otp", { to }), "rate_limited", { retryAfter: 60, limit: "cooldown" });
  const [code = ""] = gateway.codes(to);
  assert.equal((await postViaGateway("verify-otp", { to, otp: code })).body.data.valid, true);
});

/** A pending OTP of the gateway's service that may be resent now. */
async function sentViaGateway(): Promise<string> {
  const to = newRecipient();
  gateway.behave(replies(204));
  assert.equal((await postViaGateway("send-otp", { to })).status, 200);
  service.clock.advance(30_000);
  return to;
}
