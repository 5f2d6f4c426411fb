/**
 * CONTRACT §4's table of defaults and bounds, each pinned by what the running server does, not by the table in
 * contract/limits.ts.
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { bodyCredentialsDeprecatedAtSeconds, bounds, defaults, retention, sendBudget } from "@antryk/contract";
import { guessWrong, newRecipient, sent, typeOf, verify } from "@antryk/testkit/http/expect";
import { startService, type TestReply } from "@antryk/testkit/service";
import { newService } from "../administration/services.ts";

const service = await startService();
after(() => service[Symbol.asyncDispose]());

const second = 1_000;
const minute = 60 * second;
const day = 1_440 * minute;

/** How many sends to one number go through, each used at once, until the first that does not. */
async function sendsUntilLimited(to: string): Promise<{ count: number; last: TestReply }> {
  for (let count = 0; ; count += 1) {
    const last = await service.post("send-otp", { to });
    if (last.status !== 200) return { count, last };
    await verify(service, to, service.lastCode(to));
  }
}

test("code length 6", async () => {
  assert.match((await sent(service, newRecipient())).code, /^\d{6}$/);
});

test("life 300 s", async () => {
  const to = newRecipient();
  const { code, data } = await sent(service, to);
  assert.equal(data.expiresIn, 300);
  service.clock.advance(300 * second - 1);
  assert.equal((await verify(service, to, code)).body.data.valid, true);
});

test("maxAttempts 5", async () => {
  const to = newRecipient();
  const { code } = await sent(service, to);
  await guessWrong(service, to, code, 5);
  assert.equal(typeOf(await verify(service, to, code)), "rate_limited");
});

test("wrong codes per service and recipient: 15 a day, refilled steadily", async () => {
  const to = newRecipient();
  for (let n = 0; n < 3; n += 1) await guessWrong(service, to, (await sent(service, to)).code, 5);
  service.clock.advance(15 * minute);
  const reply = await service.post("send-otp", { to });
  assert.equal(reply.headers.get("ratelimit-policy"), '"wrong_codes";q=15;w=86400');
  assert.equal(Number(reply.headers.get("retry-after")), (96 - 15) * 60);
});

test("sends per service and recipient: 3 in 15 minutes, 10 in a day", async () => {
  const to = newRecipient();
  let sends = 0;
  for (const expected of [3, 3, 3, 1]) {
    const { count, last } = await sendsUntilLimited(to);
    assert.equal(count, expected);
    assert.equal(typeOf(last), "rate_limited");
    sends += count;
    service.clock.advance(15 * minute);
  }
  assert.equal(sends, 10);
  assert.equal((await sendsUntilLimited(to)).last.headers.get("ratelimit-policy"), '"recipient";q=10;w=86400');
  service.clock.advance(day);
  assert.equal((await service.post("send-otp", { to })).status, 200);
});

test("resend cooldown 30, 60, 120, 240 s, and never on send-otp", async () => {
  assert.deepEqual(defaults.resendCooldownSeconds, [30, 60, 120, 240], "resend-otp.test.ts holds the server to them");
  const to = newRecipient();
  await verify(service, to, (await sent(service, to)).code);
  assert.equal((await service.post("send-otp", { to })).status, 200, "at once");
});

test("per service, per account, per client address: off", async () => {
  const { accountId, keyring, clock } = service;
  const made = newService(accountId, "Beta", {}, keyring, clock.now());
  assert.ok(made.kind === "service");
  assert.deepEqual([made.service.serviceLimits, made.service.clientLimits], [[], []]);
  const replies = await Promise.all(
    Array.from({ length: 100 }, () => service.post("send-otp", { to: newRecipient(), clientIp: "203.0.113.7" })),
  );
  for (const { status } of replies) assert.equal(status, 200);
});

test("a wrong code is answered 200 with valid:false, and a new service's gateway is the sandbox", () => {
  const made = newService(service.accountId, "Beta", {}, service.keyring, 0);
  assert.ok(made.kind === "service");
  assert.deepEqual([made.service.wrongCode, made.service.provider], ["valid_false", "sandbox"]);
});

test("the whole of the table, so that a change of one is seen to be one", () => {
  assert.deepEqual(
    { defaults, bounds, retention, sendBudget, bodyCredentialsDeprecatedAtSeconds },
    {
      defaults: {
        codeLength: 6,
        ttlSeconds: 300,
        maxAttempts: 5,
        recipientLimits: [
          { count: 3, windowMs: 15 * minute },
          { count: 10, windowMs: day },
        ],
        recipientTries: { count: 10, windowMs: 15 * minute },
        wrongCodes: { count: 15, windowMs: day },
        accountLimits: [
          { count: 1_000, windowMs: 3_600_000 },
          { count: 5_000, windowMs: 86_400_000 },
        ],
        accountRecipientLimits: [{ count: 20, windowMs: day }],
        newPrefixLimits: [{ count: 100, windowMs: 3_600_000 }],
        guessLimits: [{ count: 60, windowMs: 3_600_000 }],
        resendCooldownSeconds: [30, 60, 120, 240],
      },
      bounds: {
        codeLength: { min: 4, max: 10 },
        ttlSeconds: { min: 10, max: 600 },
        maxAttempts: { min: 1, max: 20 },
        recipientLimitCount: 100,
        bodyBytes: 16_384,
        headerBytes: 16_384,
        testNumbers: { entries: 50, aheadMs: 7_776_000_000 },
        named: { entries: 3, nameLength: 64, valueLength: 128 },
        metadata: { entries: 10, nameLength: 128, valueLength: 128 },
      },
      retention: {
        endedOtpMs: day,
        historyMs: 30 * day,
        reducedHistoryMs: 365 * day,
        receiptsMs: 3 * day,
        decisionsMs: 7 * day,
        sendReplyMs: day,
        verifyReplyMs: 10 * minute,
      },
      sendBudget: { budgetMs: 8_000, leaseExtraMs: 5_000 },
      bodyCredentialsDeprecatedAtSeconds: Date.UTC(2026, 10, 1) / 1000,
    },
  );
});
