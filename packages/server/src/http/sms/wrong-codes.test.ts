/** Wrong codes: the OTP's own lock, and the count per service and recipient that no new send refills. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import {
  assertError,
  type ExpectedError,
  guessWrong,
  newRecipient,
  sent,
  verify,
  wrongCode,
} from "@antryk/testkit/http/expect";
import { startService } from "@antryk/testkit/service";
import { recipientKey } from "../../verification/recipient-key.ts";

const service = await startService({ service: { recipientLimits: [] } });
after(() => service[Symbol.asyncDispose]());

const minuteMs = 60_000;
const tryEveryMs = 96 * minuteMs;
const daysOnePolicy = '"wrong_codes";q=15;w=86400';

/** The refusal by a limit on wrong codes that ends in so many ms. */
function lockedBy(limit: "otp" | "wrong_codes", waitMs: number): ExpectedError {
  const lockedUntil = new Date(service.clock.now() + waitMs).toISOString();
  const refusal = { retryAfter: Math.ceil(waitMs / 1000), limit, lockedUntil };
  return limit === "otp" ? { ...refusal, shouldRetry: false } : refusal;
}

/** Uses up all 15 tries with three locked OTPs. */
async function emptyTheCount(to: string): Promise<void> {
  for (let n = 0; n < 3; n += 1) await guessWrong(service, to, (await sent(service, to)).code, 5);
}

test("the try that reaches the cap is still answered as a wrong code; the next one 429, though right", async () => {
  const to = newRecipient();
  const { code } = await sent(service, to);
  await guessWrong(service, to, code, 4);
  const last = await verify(service, to, wrongCode(code, 5));
  assert.deepEqual([last.status, last.body.data.status, last.body.data.attemptsRemaining], [200, "pending", 0]);
  assertError(await verify(service, to, code), "rate_limited", lockedBy("otp", 300_000));
});

test("a locked OTP does not keep a new send from going, and its code verifies", async () => {
  const to = newRecipient();
  await guessWrong(service, to, (await sent(service, to)).code, 5);
  const { code } = await sent(service, to);
  assert.equal((await verify(service, to, code)).body.data.valid, true);
});

test("a resend refills nothing", async () => {
  const to = newRecipient();
  const { code } = await sent(service, to);
  await guessWrong(service, to, code, 4);
  service.clock.advance(30_000);
  await service.post("resend-otp", { to });
  assert.equal((await verify(service, to, wrongCode(code))).body.data.attemptsRemaining, 0);
});

test("maxAttempts of the service is the cap", async () => {
  const caller = await service.addCaller({ maxAttempts: 2 });
  const to = newRecipient();
  const post = (operation: string, body: object) => service.post(operation, body, {}, caller);
  await post("send-otp", { to });
  const code = service.lastCode(to);
  for (const remaining of [1, 0])
    assert.equal((await post("verify-otp", { to, otp: wrongCode(code) })).body.data.attemptsRemaining, remaining);
  assertError(await post("verify-otp", { to, otp: code }), "rate_limited", lockedBy("otp", 300_000));
});

test("15 wrong codes use up the count: send, resend and verify are 429 until a try comes back", async () => {
  const to = newRecipient();
  await emptyTheCount(to);
  const send = await service.post("send-otp", { to });
  assertError(send, "rate_limited", lockedBy("wrong_codes", tryEveryMs));
  assert.equal(send.headers.get("ratelimit-policy"), daysOnePolicy);
  assert.equal(send.headers.get("ratelimit"), '"wrong_codes";r=0;t=5760');
});

test("while the count is used up, verify and resend of an OTP that is not locked are 429 as well", async () => {
  const to = newRecipient();
  await emptyTheCount(to);
  service.clock.advance(tryEveryMs);
  const { code } = await sent(service, to);
  assert.equal((await verify(service, to, wrongCode(code))).body.data.attemptsRemaining, 4);
  service.clock.advance(30_000);
  for (const reply of [await verify(service, to, code), await service.post("resend-otp", { to })]) {
    assertError(reply, "rate_limited", lockedBy("wrong_codes", tryEveryMs - 30_000));
    assert.equal(reply.headers.get("ratelimit-policy"), daysOnePolicy);
  }
});

test("one try comes back every 96 minutes, and not before", async () => {
  const to = newRecipient();
  await emptyTheCount(to);
  for (let n = 0; n < 3; n += 1) {
    service.clock.advance(tryEveryMs - 1);
    assertError(await service.post("send-otp", { to }), "rate_limited", lockedBy("wrong_codes", 1));
    service.clock.advance(1);
    const { code } = await sent(service, to);
    await guessWrong(service, to, code, 1);
    assertError(await verify(service, to, code), "rate_limited", lockedBy("wrong_codes", tryEveryMs));
  }
  service.clock.advance(2 * tryEveryMs);
  await guessWrong(service, to, (await sent(service, to)).code, 2);
});

test("a right code empties the count", async () => {
  const to = newRecipient();
  for (let n = 0; n < 2; n += 1) await guessWrong(service, to, (await sent(service, to)).code, 5);
  const { code } = await sent(service, to);
  await guessWrong(service, to, code, 4);
  await verify(service, to, code);
  await emptyTheCount(to);
});

test("unlock lifts it", async () => {
  const to = newRecipient();
  await emptyTheCount(to);
  const key = recipientKey(service.keyring, { accountId: service.accountId, id: service.serviceId }, to);
  assert.equal(await service.store.unlock(key), true);
  await emptyTheCount(to);
});

test("it is the count of one service and one recipient", async () => {
  const to = newRecipient();
  await emptyTheCount(to);
  const neighbour = newRecipient();
  assert.equal((await verify(service, neighbour, (await sent(service, neighbour)).code)).body.data.valid, true);
  const other = await service.addCaller();
  assert.equal((await service.post("send-otp", { to }, {}, other)).status, 200);
});
