/** POST /verify-otp: its own rows of the table. Locks and the count across OTPs are in wrong-codes.test.ts. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, test } from "node:test";
import { assertError, guessWrong, newRecipient, sent, verify, wrongCode } from "@antryk/testkit/http/expect";
import { notRecipients } from "@antryk/testkit/inputs/numbers";
import { startService } from "@antryk/testkit/service";

const service = await startService();
after(() => service[Symbol.asyncDispose]());

test("verify-otp 200: a wrong code is counted, a right one after it is still right", async () => {
  const to = newRecipient();
  const { code } = await sent(service, to);
  for (const remaining of [4, 3]) {
    const { status, body } = await verify(service, to, wrongCode(code));
    assert.deepEqual(
      [status, body.success, body.data.valid, body.data.attemptsRemaining],
      [200, true, false, remaining],
    );
  }
  assert.equal((await verify(service, to, code)).body.data.valid, true);
});

test("verify-otp 200: a code of another length is a wrong code, not a malformed one", async () => {
  const to = newRecipient();
  const { code } = await sent(service, to);
  for (const otp of [code.slice(0, 4), `${code}0`, `0${code}`])
    assert.equal((await verify(service, to, otp)).body.data.valid, false);
});

test("verify-otp 400 invalid_recipient: what is no recipient on send is none on verify", async () => {
  for (const to of notRecipients)
    assertError(await service.post("verify-otp", { to, otp: "123456" }), "invalid_recipient", { param: "to" });
});

test("verify-otp 400 otp_invalid: otp is not a string of 4 to 10 ASCII digits; no try is counted", async () => {
  const to = newRecipient();
  const { code } = await sent(service, to);
  const malformed = [
    undefined,
    null,
    123456,
    Number(code),
    "",
    "123",
    "12345678901",
    " 123456",
    "123456\n",
    "12345a",
    "१२३४५६",
    "１２３４５６",
    "-12345",
    "1e10",
    [code],
    {},
  ];
  for (const otp of malformed)
    assertError(await service.post("verify-otp", { to, otp }), "otp_invalid", { param: "otp" });
  assert.equal((await verify(service, to, wrongCode(code))).body.data.attemptsRemaining, 4);
});

test("verify-otp 400 otp_invalid: a wrong code if the service is set so; attemptsRemaining marks it", async () => {
  const caller = await service.addCaller({ wrongCode: "otp_invalid" });
  const to = newRecipient();
  await service.post("send-otp", { to }, {}, caller);
  const code = service.lastCode(to);
  const wrong = await service.post("verify-otp", { to, otp: wrongCode(code) }, {}, caller);
  assertError(wrong, "otp_invalid", { attemptsRemaining: 4 });
  assert.equal((await service.post("verify-otp", { to, otp: code }, {}, caller)).body.data.valid, true);
});

test("verify-otp 404 service_not_found: serviceId is missing, malformed, unknown, or of another account", async () => {
  const other = await service.addCaller();
  for (const serviceId of [undefined, null, "", 1, "x", randomUUID(), other.serviceId]) {
    const reply = await service.post("verify-otp", { to: newRecipient(), serviceId, otp: "123456" });
    assertError(reply, "service_not_found", { param: "serviceId" });
  }
});

test("verify-otp 404 otp_not_found: never sent, already used, cancelled", async () => {
  const [never, used, cancelled] = [newRecipient(), newRecipient(), newRecipient()];
  assertError(await verify(service, never, "123456"), "otp_not_found");

  const { code } = await sent(service, used);
  await verify(service, used, code);
  assertError(await verify(service, used, code), "otp_not_found");
  assertError(await verify(service, used, wrongCode(code)), "otp_not_found");

  const second = await sent(service, cancelled);
  await service.post("cancel-otp", { to: cancelled });
  assertError(await verify(service, cancelled, second.code), "otp_not_found");
});

test("verify-otp 404 otp_not_found: a used code stays used after it has expired", async () => {
  const to = newRecipient();
  const { code } = await sent(service, to);
  await verify(service, to, code);
  service.clock.advance(300_001);
  assertError(await verify(service, to, code), "otp_not_found");
});

test("verify-otp 410 otp_expired: from the very millisecond of its end, for 24 hours", async () => {
  const to = newRecipient();
  const { code } = await sent(service, to);
  service.clock.advance(299_999);
  assert.equal((await verify(service, to, wrongCode(code))).status, 200);
  service.clock.advance(1);
  assertError(await verify(service, to, code), "otp_expired");
  service.clock.advance(24 * 3_600_000 - 1);
  await service.store.sweep(1_000);
  assertError(await verify(service, to, code), "otp_expired");
  // The sweep goes by the time of issue, so it may be late by the longest life.
  service.clock.advance(600_000);
  await service.store.sweep(1_000);
  assertError(await verify(service, to, code), "otp_not_found");
});

test("verify-otp 410 otp_expired: a locked OTP expires like any other", async () => {
  const to = newRecipient();
  const { code } = await sent(service, to);
  await guessWrong(service, to, code, 5);
  service.clock.advance(300_000);
  assertError(await verify(service, to, code), "otp_expired");
});

test("verify-otp 429 rate_limited: the try after the last allowed one, until the OTP's end", async () => {
  const to = newRecipient();
  const { code, data } = await sent(service, to);
  await guessWrong(service, to, code, 5);
  service.clock.advance(100_000);
  const locked = await verify(service, to, code);
  assertError(locked, "rate_limited", {
    retryAfter: 200,
    shouldRetry: false,
    limit: "otp",
    lockedUntil: data.expiresAt,
  });
  assert.equal(locked.headers.get("ratelimit-policy"), '"otp";q=5;w=300');
  assert.equal(locked.headers.get("ratelimit"), '"otp";r=0;t=200');
});

test("no reply of a verify holds the right code", async () => {
  const caller = await service.addCaller({ codeLength: 10 });
  const to = newRecipient();
  await service.post("send-otp", { to }, {}, caller);
  const code = service.lastCode(to);
  for (let n = 1; n <= 7; n += 1) {
    const reply = await service.post("verify-otp", { to, otp: wrongCode(code, n) }, {}, caller);
    assert.doesNotMatch(JSON.stringify([reply.body, ...reply.headers]), new RegExp(code));
  }
});
