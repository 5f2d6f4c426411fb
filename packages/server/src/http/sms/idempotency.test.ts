/** Idempotency-Key: CONTRACT §4, rule by rule. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { holds, replies, resets, startGateway } from "@antryk/testkit/gateway";
import { assertError, newRecipient, sent, typeOf, wrongCode } from "@antryk/testkit/http/expect";
import { smsOperations } from "@antryk/testkit/http/operations";
import { startService, type TestReply } from "@antryk/testkit/service";

const gateway = await startGateway();
after(() => gateway[Symbol.asyncDispose]());
const service = await startService();
after(() => service[Symbol.asyncDispose]());
const viaGateway = await service.addCaller(gateway.service);

let keys = 0;
const newKey = () => {
  keys += 1;
  return `key-${keys}`;
};
const post = (operation: string, body: object, key: string, caller = service as typeof viaGateway) =>
  service.post(operation, body, { "idempotency-key": key }, caller);

/** The same reply, marked as given again. */
function assertReplayed(again: TestReply, first: TestReply): void {
  assert.deepEqual([again.status, again.body], [first.status, first.body]);
  assert.equal(first.headers.get("idempotency-replayed"), null);
  assert.equal(again.headers.get("idempotency-replayed"), "true");
}

test("send: the same key and body get the stored reply, byte for byte, and no second SMS", async () => {
  const to = newRecipient();
  const key = newKey();
  const first = await post("send-otp", { to }, key);
  service.clock.advance(10_000);
  assertReplayed(await post("send-otp", { to }, key), first);
  assert.equal(service.app.sandbox.list(to).length, 1);
});

test("resend: no second SMS", async () => {
  const to = newRecipient();
  await sent(service, to);
  service.clock.advance(30_000);
  const key = newKey();
  const first = await post("resend-otp", { to }, key);
  assert.equal(first.status, 200);
  assertReplayed(await post("resend-otp", { to }, key), first);
  assert.equal(service.app.sandbox.list(to).length, 2);
});

test("verify: a right code is answered valid again, a wrong one costs no second try", async () => {
  const to = newRecipient();
  const { code } = await sent(service, to);
  const [wrongKey, rightKey] = [newKey(), newKey()];
  const wrong = await post("verify-otp", { to, otp: wrongCode(code) }, wrongKey);
  for (let n = 0; n < 6; n += 1)
    assertReplayed(await post("verify-otp", { to, otp: wrongCode(code) }, wrongKey), wrong);
  const right = await post("verify-otp", { to, otp: code }, rightKey);
  assert.equal(right.body.data.valid, true);
  assertReplayed(await post("verify-otp", { to, otp: code }, rightKey), right);
  assert.equal(typeOf(await post("verify-otp", { to, otp: code }, newKey())), "otp_not_found");
});

test("verify: a wrong code that is answered 400 is stored as well", async () => {
  const caller = await service.addCaller({ wrongCode: "otp_invalid" });
  const to = newRecipient();
  await service.post("send-otp", { to }, {}, caller);
  const otp = wrongCode(service.lastCode(to));
  const key = newKey();
  const first = await post("verify-otp", { to, otp }, key, caller);
  assertError(first, "otp_invalid", { attemptsRemaining: 4 });
  assertReplayed(await post("verify-otp", { to, otp }, key, caller), first);
});

test("cancel: answered 200 again", async () => {
  const to = newRecipient();
  await sent(service, to);
  const key = newKey();
  const first = await post("cancel-otp", { to }, key);
  assert.equal(first.status, 200);
  assertReplayed(await post("cancel-otp", { to }, key), first);
});

test("16 parallel sends with one key: one SMS; the others replay it", async () => {
  const to = newRecipient();
  const key = newKey();
  const all = await Promise.all(Array.from({ length: 16 }, () => post("send-otp", { to }, key)));
  assert.equal(service.app.sandbox.list(to).length, 1);
  for (const reply of all) assert.ok(reply.status === 200 || typeOf(reply) === "idempotency_in_progress");
});

test("a key belongs to one account and one operation", async () => {
  const key = newKey();
  const to = newRecipient();
  await post("send-otp", { to }, key);
  const cancelled = await post("cancel-otp", { to }, key);
  assert.deepEqual([cancelled.status, cancelled.headers.get("idempotency-replayed")], [200, null]);
  const other = await post("send-otp", { to: newRecipient() }, key, await service.addCaller());
  assert.deepEqual([other.status, other.headers.get("idempotency-replayed")], [200, null]);
});

for (const operation of smsOperations) {
  test(`${operation} 422 idempotency_key_reused: the key with another field that it has, valid or not`, async () => {
    const to = newRecipient();
    const { code } = await sent(service, to);
    service.clock.advance(30_000);
    const body =
      operation === "send-otp" ? { to: newRecipient() } : operation === "verify-otp" ? { to, otp: code } : { to };
    const key = newKey();
    assert.equal((await post(operation, body, key)).status, 200);
    const others = [
      { to: newRecipient() },
      { to: "x" },
      { serviceId: viaGateway.serviceId },
      { serviceId: "x" },
      ...(operation === "verify-otp" ? [{ otp: "0000" }, { otp: [] }] : []),
      ...(operation === "send-otp" || operation === "resend-otp" ? [{ locale: "hi" }, { locale: 1 }] : []),
    ];
    for (const change of others)
      assertError(await post(operation, { ...body, ...change }, key), "idempotency_key_reused", {
        param: "Idempotency-Key",
      });
    assert.equal((await post(operation, body, key)).headers.get("idempotency-replayed"), "true");
  });
}

test("the fingerprint leaves credentials, the service's spelling and unknown fields out", async () => {
  const to = newRecipient();
  const key = newKey();
  const first = await post("send-otp", { to }, key);
  const { accessKey, secretKey, serviceId } = service;
  const again = await fetch(`${service.baseUrl}/api/v1/sms/send-otp`, {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": key },
    body: JSON.stringify({ unknown: 1, accessKey, secretKey, serviceId: serviceId.toUpperCase(), to }),
  });
  const body = (await again.json()) as TestReply["body"];
  assert.equal(again.headers.get("idempotency-replayed"), "true");
  assert.equal(body.data.verificationId, first.body.data.verificationId);
  assert.ok(again.headers.get("deprecation"));
});

/** A send under this key that waits at the gateway. */
async function startHeld(to: string, key: string) {
  const { behaviour, release } = holds();
  gateway.behave(behaviour);
  const arrived = gateway.arrived(gateway.requests.length + 1);
  const reply = post("send-otp", { to }, key, viaGateway);
  await arrived;
  gateway.behave(replies(204));
  return { reply, release };
}

test("409 idempotency_in_progress: the first request runs, until its lease ends; another body is 422", async () => {
  const to = newRecipient();
  const key = newKey();
  const { reply, release } = await startHeld(to, key);
  service.clock.advance(3_000);
  assertError(await post("send-otp", { to }, key, viaGateway), "idempotency_in_progress", { retryAfter: 1 });
  assertError(await post("send-otp", { to: "x" }, key, viaGateway), "idempotency_key_reused", {
    param: "Idempotency-Key",
  });
  release();
  const first = await reply;
  assertReplayed(await post("send-otp", { to }, key, viaGateway), first);
  assert.equal(gateway.codes(to).length, 1);
});

test("takeover: past the lease the key runs again with the same code; the late first one changes nothing", async () => {
  const to = newRecipient();
  const key = newKey();
  const { reply, release } = await startHeld(to, key);
  service.clock.advance(13_000);
  const second = await post("send-otp", { to }, key, viaGateway);
  assert.deepEqual([second.status, second.headers.get("idempotency-replayed")], [200, null]);
  const [code, again] = gateway.codes(to);
  assert.equal(again, code);
  release();
  await reply;
  assertReplayed(await post("send-otp", { to }, key, viaGateway), second);
  assert.equal((await service.post("verify-otp", { to, otp: code }, {}, viaGateway)).body.data.valid, true);
});

test("not stored: a refused or unknown send; the same key runs again", async () => {
  const to = newRecipient();
  const key = newKey();
  for (const behaviour of [replies(500), replies(422, '{"error":"invalid_recipient"}'), resets]) {
    gateway.behave(behaviour);
    assert.ok((await post("send-otp", { to }, key, viaGateway)).status >= 400);
  }
  gateway.behave(replies(204));
  const taken = await post("send-otp", { to }, key, viaGateway);
  assert.deepEqual([taken.status, taken.headers.get("idempotency-replayed")], [200, null]);
});

test("not stored: 400, 401 and 404 of a bad request; the key is free for the corrected one", async () => {
  const to = newRecipient();
  const key = newKey();
  assertError(await post("send-otp", { to: "x" }, key), "invalid_recipient", { param: "to" });
  assertError(await post("send-otp", { to, serviceId: "x" }, key), "invalid_request", { param: "serviceId" });
  assert.equal((await post("send-otp", { to }, key)).status, 200);
  assertError(await post("verify-otp", { to, otp: "x" }, key), "otp_invalid", { param: "otp" });
  assert.equal((await post("verify-otp", { to, otp: service.lastCode(to) }, key)).body.data.valid, true);
});

test("not stored: 404, 409, 410 and 429; the same key and body run again when the state allows it", async () => {
  const to = newRecipient();
  const [sendKey, resendKey, verifyKey, cancelKey] = [newKey(), newKey(), newKey(), newKey()];
  assert.equal(typeOf(await post("cancel-otp", { to }, cancelKey)), "otp_not_found");
  const { code } = await sent(service, to);
  assert.equal(typeOf(await post("send-otp", { to }, sendKey)), "otp_pending");
  assert.equal(typeOf(await post("resend-otp", { to }, resendKey)), "rate_limited");
  service.clock.advance(30_000);
  assert.equal((await post("resend-otp", { to }, resendKey)).status, 200);
  assert.equal((await post("cancel-otp", { to }, cancelKey)).status, 200);
  assert.equal(typeOf(await post("verify-otp", { to, otp: code }, verifyKey)), "otp_not_found");
  service.clock.advance(60_000);
  assert.equal((await post("send-otp", { to }, sendKey)).status, 200);
  service.clock.advance(300_000);
  assert.equal(typeOf(await post("verify-otp", { to, otp: code }, verifyKey)), "otp_expired");
});

test("a send's reply is kept 24 h, a verify's until the OTP's end", async () => {
  const to = newRecipient();
  const [sendKey, verifyKey] = [newKey(), newKey()];
  await post("send-otp", { to }, sendKey);
  const otp = service.lastCode(to);
  await post("verify-otp", { to, otp }, verifyKey);
  service.clock.advance(299_999);
  assert.equal((await post("verify-otp", { to, otp }, verifyKey)).headers.get("idempotency-replayed"), "true");
  service.clock.advance(1);
  assert.equal(typeOf(await post("verify-otp", { to, otp }, verifyKey)), "otp_not_found");
  service.clock.advance(86_400_000 - 300_001);
  assert.equal((await post("send-otp", { to }, sendKey)).headers.get("idempotency-replayed"), "true");
  service.clock.advance(1);
  const later = await post("send-otp", { to }, sendKey);
  assert.deepEqual([later.status, later.headers.get("idempotency-replayed")], [200, null]);
});

for (const operation of smsOperations) {
  test(`${operation} 400 invalid_parameter: a key that is empty, too long, or not of visible ASCII`, async () => {
    const to = newRecipient();
    for (const key of ["", " ", "x".repeat(256), "a b", "caf\u00e9", "a\tb"])
      assertError(await post(operation, { to, otp: "123456" }, key), "invalid_parameter", { param: "Idempotency-Key" });
    assert.notEqual(typeOf(await post(operation, { to, otp: "123456" }, "x".repeat(255))), "invalid_parameter");
  });
}

test("a field that is not a string differs from a string, however deep it is", async () => {
  const to = newRecipient();
  const key = newKey();
  const deep = `${"[".repeat(8_000)}${"]".repeat(8_000)}`;
  const postRaw = async (body: string) => {
    const { accessKey, secretKey } = service;
    const headers = {
      "content-type": "application/json",
      "x-access-key": accessKey,
      "x-secret-key": secretKey,
      "idempotency-key": key,
    };
    const reply = await fetch(`${service.baseUrl}/api/v1/sms/send-otp`, { method: "POST", headers, body });
    return { status: reply.status, headers: reply.headers, body: await reply.json() };
  };
  const rest = `"serviceId":"${service.serviceId}"`;
  assertError(await postRaw(`{"to":${deep},${rest}}`), "invalid_recipient", { param: "to" });
  assert.equal((await postRaw(`{"to":"${to}","otp":${deep.slice(200, -200)},${rest}}`)).status, 200);
  assertError(await postRaw(`{"to":${deep},${rest}}`), "idempotency_key_reused", { param: "Idempotency-Key" });
});
