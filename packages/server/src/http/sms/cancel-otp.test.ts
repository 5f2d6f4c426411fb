/** POST /cancel-otp: ends the pending OTP and gives nothing back. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { assertError, guessWrong, newRecipient, sent, verify } from "@antryk/testkit/http/expect";
import { startService } from "@antryk/testkit/service";

const service = await startService();
after(() => service[Symbol.asyncDispose]());

const cancel = (to: string) => service.post("cancel-otp", { to });

test("cancel-otp 200: the code does not verify any more, and nothing is pending", async () => {
  const to = newRecipient();
  const { code, data } = await sent(service, to);
  const reply = await cancel(to);
  assert.equal(reply.status, 200);
  assert.equal(reply.body.data.verificationId, data.verificationId);
  assertError(await verify(service, to, code), "otp_not_found");
  assertError(await cancel(to), "otp_not_found");
});

test("cancel-otp 404 otp_not_found: none sent, used, expired, locked", async () => {
  const [never, used, expired, locked] = [newRecipient(), newRecipient(), newRecipient(), newRecipient()];
  await verify(service, used, (await sent(service, used)).code);
  await sent(service, expired);
  service.clock.advance(300_000);
  await guessWrong(service, locked, (await sent(service, locked)).code, 5);
  for (const to of [never, used, expired, locked]) assertError(await cancel(to), "otp_not_found");
});

test("cancel-otp 404 service_not_found: serviceId is missing, malformed or of another account", async () => {
  const other = await service.addCaller();
  for (const serviceId of [undefined, "x", other.serviceId]) {
    assertError(await service.post("cancel-otp", { to: newRecipient(), serviceId }), "service_not_found", {
      param: "serviceId",
    });
  }
});

test("cancel-otp 400 invalid_recipient: no number", async () => {
  assertError(await service.post("cancel-otp", {}), "invalid_recipient", { param: "to" });
});

test("a send within the resend cooldown of a cancelled OTP is 429, after it 200", async () => {
  const to = newRecipient();
  await sent(service, to);
  await cancel(to);
  service.clock.advance(10_000);
  const early = await service.post("send-otp", { to });
  assertError(early, "rate_limited", { retryAfter: 20, limit: "cooldown" });
  assert.equal(early.headers.get("ratelimit-policy"), '"cooldown";q=1;w=30');
  service.clock.advance(20_000);
  await sent(service, to);
});

test("a cancel gives no limit back", async () => {
  const to = newRecipient();
  for (let n = 0; n < 3; n += 1) {
    await sent(service, to);
    await cancel(to);
    service.clock.advance(30_000);
  }
  assertError(await service.post("send-otp", { to }), "rate_limited", { retryAfter: 900 - 90, limit: "recipient" });
});
