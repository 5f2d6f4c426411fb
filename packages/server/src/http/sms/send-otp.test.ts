/** POST /send-otp: its own rows of the table. Refused sends, unknown outcomes and leases have separate files. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, test } from "node:test";
import { replies, startGateway } from "@antryk/testkit/gateway";
import { assertError, newRecipient, sent, verify } from "@antryk/testkit/http/expect";
import { notRecipients } from "@antryk/testkit/inputs/numbers";
import { startService } from "@antryk/testkit/service";

const service = await startService();
after(() => service[Symbol.asyncDispose]());
const gateway = await startGateway();
after(() => gateway[Symbol.asyncDispose]());

test("send-otp 200: the code that was sent verifies", async () => {
  const to = newRecipient();
  const { code } = await sent(service, to);
  assert.match(code, /^\d{6}$/);
  assert.equal((await verify(service, to, code)).body.data.valid, true);
});

test("send-otp 200: a service id in capitals is the same service, and is answered as it was written", async () => {
  const to = newRecipient();
  const serviceId = service.serviceId.toUpperCase();
  const reply = await service.post("send-otp", { to, serviceId });
  assert.equal(reply.body.data.serviceId, serviceId);
  assertError(await service.post("resend-otp", { to }), "rate_limited", { retryAfter: 30, limit: "cooldown" });
});

test("send-otp 200: unknown fields of the body are ignored", async () => {
  const to = newRecipient();
  assert.equal((await service.post("send-otp", { to, otp: "1", nonsense: { deep: [1] } })).status, 200);
});

test("send-otp 400 invalid_recipient: every number that is not one strict, possible E.164 number", async () => {
  for (const to of notRecipients) {
    const reply = await service.post("send-otp", { to });
    assertError(reply, "invalid_recipient", { param: "to" });
  }
  assert.deepEqual(
    service.app.sandbox.list().filter(({ to }) => notRecipients.includes(to)),
    [],
  );
});

test("send-otp 400 invalid_recipient: the gateway refuses the number for good", async () => {
  const caller = await service.addCaller(gateway.service);
  gateway.behave(replies(422, '{"error":"invalid_recipient"}'));
  const to = newRecipient();
  assertError(await service.post("send-otp", { to }, {}, caller), "invalid_recipient", { param: "to" });
  assertError(await service.post("verify-otp", { to, otp: "123456" }, {}, caller), "otp_not_found");
});

test("send-otp 403 recipient_blocked: the gateway blocks the number", async () => {
  const caller = await service.addCaller(gateway.service);
  gateway.behave(replies(403, '{"error":"recipient_blocked"}'));
  assertError(await service.post("send-otp", { to: newRecipient() }, {}, caller), "recipient_blocked", {
    param: "to",
    reason: "gateway",
  });
});

test("send-otp 401 invalid_request: serviceId is missing, malformed, unknown, or of another account", async () => {
  const other = await service.addCaller();
  const malformed = [
    undefined,
    null,
    "",
    1,
    [],
    {},
    "x",
    ` ${service.serviceId}`,
    `${service.serviceId}\n`,
    service.serviceId.replace("-4", "-1"),
  ];
  for (const serviceId of [...malformed, randomUUID(), other.serviceId]) {
    const reply = await service.post("send-otp", { to: newRecipient(), serviceId });
    assertError(reply, "invalid_request", { param: "serviceId" });
  }
});

test("send-otp 409 otp_pending: an earlier OTP is still active; the reply says until when", async () => {
  const to = newRecipient();
  const { code, data } = await sent(service, to);
  service.clock.advance(60_500);
  const pending = await service.post("send-otp", { to });
  assertError(pending, "otp_pending", { retryAfter: 240, expiresAt: data.expiresAt });
  assert.equal(service.app.sandbox.list(to).length, 1);
  assert.equal((await verify(service, to, code)).body.data.valid, true, "the earlier code is not harmed");
});

test("send-otp 429 rate_limited: the fourth in 15 minutes", async () => {
  const to = newRecipient();
  for (let n = 0; n < 3; n += 1) {
    const { code } = await sent(service, to);
    await verify(service, to, code);
  }
  const reply = await service.post("send-otp", { to });
  assertError(reply, "rate_limited", { retryAfter: 900, limit: "recipient" });
  assert.equal(reply.headers.get("ratelimit-policy"), '"recipient";q=3;w=900');
  assert.equal(reply.headers.get("ratelimit"), '"recipient";r=0;t=900');
});

test("send-otp 500 provider_unavailable: the gateway refused for now", async () => {
  const caller = await service.addCaller(gateway.service);
  gateway.behave(replies(503));
  assertError(await service.post("send-otp", { to: newRecipient() }, {}, caller), "provider_unavailable", {
    retryAfter: 2,
    mayHaveBeenSent: false,
  });
});

test("send is allowed again after the code was used, cancelled, locked, or has expired, with a new one", async () => {
  const caller = await service.addCaller({ recipientLimits: [], codeLength: 10, maxAttempts: 1 });
  const post = (operation: string, body: object) => service.post(operation, body, {}, caller);
  const to = newRecipient();
  const ends: (() => Promise<unknown> | unknown)[] = [
    () => post("verify-otp", { to, otp: service.lastCode(to) }),
    () => post("cancel-otp", { to }).then(() => service.clock.advance(30_000)),
    () => post("verify-otp", { to, otp: "0111111111" }),
    () => service.clock.advance(300_000),
  ];
  const codes = new Set<string>();
  for (const end of ends) {
    assert.equal((await post("send-otp", { to })).status, 200);
    codes.add(service.lastCode(to));
    await end();
  }
  assert.equal((await post("send-otp", { to })).status, 200);
  codes.add(service.lastCode(to));
  assert.equal(codes.size, 5);
});

test("send-otp 403 recipient_blocked: a number of a type that no person has a phone of; no message leaves", async () => {
  for (const to of ["+19002345678", "+18005550100", "+881612345678", "+10000000000", "+447012345678"]) {
    assertError(await service.post("send-otp", { to }), "recipient_blocked", { param: "to", reason: "number_type" });
    assert.deepEqual(service.app.sandbox.list(to), []);
    assertError(await service.post("verify-otp", { to, otp: "123456" }), "otp_not_found");
  }
});

test("send-otp 403 recipient_blocked: a number of a country that the service does not send to", async () => {
  const caller = await service.addCaller({ countries: ["US", "IN"] });
  // Jamaica shares the calling code of the United States; the last number is of no plan.
  for (const to of ["+18762101234", "+447400123456", "+12425000000"]) {
    assertError(await service.post("send-otp", { to }, {}, caller), "recipient_blocked", {
      param: "to",
      reason: "country",
    });
    assert.deepEqual(service.app.sandbox.list(to), []);
  }
  for (const to of ["+12015550123", "+919876501234"])
    assert.equal((await service.post("send-otp", { to }, {}, caller)).status, 200);
});

test("send-otp and resend-otp 403 recipient_blocked: what an operator has blocked; its code still verifies", async () => {
  const to = "+919876501299";
  await using blocking = await startService({ directoryLooksEveryMs: 0 });
  const block = (match: string, serviceId: string | null = null) =>
    blocking.store.putListEntry(
      { id: randomUUID(), list: "block", match, serviceId, until: null, reason: "pumped", createdAt: 0 },
      9,
    );
  assert.equal((await blocking.post("send-otp", { to })).status, 200);
  await block("+91987650");
  await block("+1", randomUUID());
  blocking.clock.advance(31_000);
  for (const operation of ["resend-otp", "send-otp"] as const)
    assertError(await blocking.post(operation, { to }), "recipient_blocked", { param: "to", reason: "block_list" });
  assertError(await blocking.post("send-otp", { to: "+919876501298" }), "recipient_blocked", {
    param: "to",
    reason: "block_list",
  });
  assert.equal((await blocking.post("send-otp", { to: "+919776501298" })).status, 200);
  assert.equal((await blocking.post("send-otp", { to: "+12015550123" })).status, 200, "another service's entry");
  assert.equal((await blocking.post("verify-otp", { to, otp: blocking.lastCode(to) })).status, 200);
});

test("send-otp 403 recipient_blocked: no route takes the number", async () => {
  const caller = await service.addCaller({ routes: [{ match: "IN", gateways: ["own"], failoverOnTimeout: false }] });
  assertError(await service.post("send-otp", { to: "+14155552671" }, {}, caller), "recipient_blocked", {
    param: "to",
    reason: "no_route",
  });
});
