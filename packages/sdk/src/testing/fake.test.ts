import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as contract from "@antryk/contract";
import {
  AntrykClient,
  ApiError,
  ConnectionError,
  OtpExpiredError,
  OtpNotFoundError,
  OtpPendingError,
  RateLimitedError,
} from "../index.ts";
import { errorOf } from "../test-support/servers.ts";
import { fakeDefaults } from "./defaults.ts";
import { FakeAntryk, type FakeOptions } from "./index.ts";

const to = "+919876543210";
const minute = 60_000;
const day = 24 * 60 * minute;

function start(options: FakeOptions = {}) {
  const fake = new FakeAntryk(options);
  const { sms } = new AntrykClient({ ...fake.clientOptions, maxRetries: 0 });
  const target = { to, serviceId: fake.serviceId };
  const code = () => fake.lastCode(to) ?? "";
  const wrong = () => ({ ...target, otp: code() === "000000" ? "000001" : "000000" });
  return { fake, sms, target, code, wrong };
}

it("the fake's defaults are the contract's", () => {
  const { retention, bounds } = contract;
  // A fake is made for one test: it has no limits that many recipients share.
  const shared = ["accountLimits", "accountRecipientLimits", "newPrefixLimits", "guessLimits"];
  const own = Object.entries(contract.defaults).filter(([name]) => !shared.includes(name));
  const { codeLength, ttlSeconds, maxAttempts, recipientLimits, recipientTries, wrongCodes, resendCooldownSeconds } =
    fakeDefaults;
  assert.deepEqual(
    { codeLength, ttlSeconds, maxAttempts, recipientLimits, recipientTries, wrongCodes, resendCooldownSeconds },
    Object.fromEntries(own),
  );
  assert.deepEqual(
    [fakeDefaults.endedOtpMs, fakeDefaults.sendReplyMs, fakeDefaults.verifyReplyMs, fakeDefaults.bodyBytes],
    [retention.endedOtpMs, retention.sendReplyMs, retention.verifyReplyMs, bounds.bodyBytes],
  );
});

describe("the fake's clock", () => {
  it("stands still until it is moved", async () => {
    const { fake, sms, target } = start({ now: new Date("2026-11-23T00:00:00Z") });
    const { data } = await sms.sendOtp(target);
    assert.deepEqual(
      [data.expiresIn, data.expiresAt, data.resendAt],
      [300, "2026-11-23T00:05:00.000Z", "2026-11-23T00:00:30.000Z"],
    );
    fake.setTime(new Date("2026-11-23T01:00:00Z"));
    assert.equal(fake.now().toISOString(), "2026-11-23T01:00:00.000Z");
  });

  it("ends a code's life to the millisecond, and a new send is allowed then", async () => {
    const { fake, sms, target, code } = start();
    await sms.sendOtp(target);
    fake.advance(300_000 - 1);
    assert.ok((await errorOf(sms.sendOtp(target))) instanceof OtpPendingError);
    fake.advance(1);
    assert.ok((await errorOf(sms.verifyOtp({ ...target, otp: code() }))) instanceof OtpExpiredError);
    assert.ok((await errorOf(sms.resendOtp(target))) instanceof OtpExpiredError);
    await sms.sendOtp(target);
  });

  it("lets an ended code answer 410 for a day, and 404 after it", async () => {
    const { fake, sms, target } = start();
    const { data } = await sms.sendOtp(target);
    fake.advance(300_000 + day - 1);
    assert.ok((await errorOf(sms.verifyOtp({ ...target, otp: "123456" }))) instanceof OtpExpiredError);
    fake.advance(1);
    assert.ok((await errorOf(sms.verifyOtp({ ...target, otp: "123456" }))) instanceof OtpNotFoundError);
    assert.equal((await sms.getVerification({ verificationId: data.verificationId })).data.status, "expired");
  });

  it("opens a resend after 30 s, then 60 s, with the same code and the same life", async () => {
    const { fake, sms, target, code } = start();
    const first = await sms.sendOtp(target);
    const otp = code();
    fake.advance(30_000 - 1);
    const early = await errorOf(sms.resendOtp(target));
    assert.ok(early instanceof RateLimitedError);
    assert.equal(early.retryAfterMs, 1_000);
    fake.advance(1);
    const again = await sms.resendOtp(target);
    assert.equal(code(), otp);
    assert.equal(again.data.expiresAt, first.data.expiresAt);
    assert.equal(again.data.expiresIn, 270);
    fake.advance(60_000 - 1);
    assert.ok((await errorOf(sms.resendOtp(target))) instanceof RateLimitedError);
    fake.advance(1);
    await sms.resendOtp(target);
    const { data } = await sms.getVerification({ verificationId: first.data.verificationId });
    assert.deepEqual(
      data.deliveries.map(({ operation }) => operation),
      ["send-otp", "resend-otp", "resend-otp"],
    );
  });

  it("opens a fourth message after fifteen minutes, and an eleventh after a day", async () => {
    const { fake, sms, target, code } = start();
    for (let sends = 1; sends <= 10; sends++) {
      if (sends > 1 && sends % 3 === 1) {
        assert.ok((await errorOf(sms.sendOtp(target))) instanceof RateLimitedError);
        fake.advance(15 * minute);
      }
      await sms.sendOtp(target);
      await sms.verifyOtp({ ...target, otp: code() });
    }
    fake.advance(20 * minute);
    const error = await errorOf(sms.sendOtp(target));
    assert.ok(error instanceof RateLimitedError);
    assert.equal(error.retryAfterMs, day - 65 * minute);
  });

  it("allows one more try every 96 minutes once fifteen codes were wrong; a right code empties the count", async () => {
    const { fake, sms, target, wrong, code } = start({ maxAttempts: 20, ttlSeconds: 600, recipientLimits: [] });
    await sms.sendOtp(target);
    for (let tries = 0; tries < 15; tries++) assert.equal((await sms.verifyOtp(wrong())).data.valid, false);
    const error = await errorOf(sms.verifyOtp({ ...target, otp: code() }));
    assert.ok(error instanceof RateLimitedError);
    assert.equal(error.retryAfterMs, 96 * minute);
    fake.advance(96 * minute);
    await sms.sendOtp(target);
    await sms.verifyOtp({ ...target, otp: code() });
    await sms.sendOtp(target);
    for (let tries = 0; tries < 15; tries++) await sms.verifyOtp(wrong());
  });

  it("forgets a send's key after a day, and a verify's at the end of the code", async () => {
    const { fake, sms, target, wrong } = start();
    const idempotencyKey = "key-1";
    const first = await sms.sendOtp(target, { idempotencyKey });
    const tried = await sms.verifyOtp(wrong(), { idempotencyKey });
    fake.advance(300_000 - 1);
    assert.deepEqual(await sms.verifyOtp(wrong(), { idempotencyKey }), tried);
    fake.advance(1);
    assert.ok((await errorOf(sms.verifyOtp(wrong(), { idempotencyKey }))) instanceof OtpExpiredError);
    fake.advance(day - 300_000 - 1);
    assert.deepEqual(await sms.sendOtp(target, { idempotencyKey }), first);
    fake.advance(1);
    assert.notEqual((await sms.sendOtp(target, { idempotencyKey })).data.verificationId, first.data.verificationId);
  });
});

describe("failNext", () => {
  for (const type of contract.errorTypes) {
    it(`${type} is answered on demand, once, and changes nothing`, async () => {
      const { fake, sms, target } = start();
      fake.failNext(type);
      const error = await errorOf(sms.sendOtp(target));
      assert.ok(error instanceof ApiError);
      const row = contract.errorRow(type);
      assert.deepEqual([error.type, error.status, error.message], [type, row.status, row.message]);
      assert.equal(error.retryAfterMs, row.retryable ? 1_000 : undefined);
      await sms.sendOtp(target);
      assert.equal(fake.messages.length, 1);
    });
  }

  it("breaks the connection, several times, and takes details", async () => {
    const { fake, sms, target } = start();
    fake.failNext("connection_error", { times: 2 });
    fake.failNext("rate_limited", { retryAfterSeconds: 90, param: "to" });
    for (let turn = 0; turn < 2; turn++) assert.ok((await errorOf(sms.sendOtp(target))) instanceof ConnectionError);
    const error = await errorOf(sms.sendOtp(target));
    assert.deepEqual([error.type, error.retryAfterMs, error.param], ["rate_limited", 90_000, "to"]);
    assert.equal(fake.requestCount, 3);
  });
});

describe("the fake's options", () => {
  it("set the code's length, and codes are digits each as likely as the others", async () => {
    const { fake, sms } = start({ codeLength: 10 });
    const counts = new Map<string, number>();
    const sends = 2_000;
    for (let count = 0; count < sends; count++) {
      const recipient = `+9190000${String(count).padStart(5, "0")}`;
      await sms.sendOtp({ to: recipient, serviceId: fake.serviceId });
      const sent = fake.lastCode(recipient) ?? "";
      assert.match(sent, /^\d{10}$/);
      for (const digit of sent) counts.set(digit, (counts.get(digit) ?? 0) + 1);
    }
    const expected = sends;
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    // 9 degrees of freedom: 80 is passed by chance once in 10^12 runs.
    assert.ok(counts.size === 10 && chiSquare < 80, `χ² ${chiSquare}`);
  });

  it("wrongCode otp_invalid answers 400 with the tries that are left, and keeps that for its key", async () => {
    const { sms, target, wrong } = start({ wrongCode: "otp_invalid" });
    await sms.sendOtp(target);
    const idempotencyKey = "key-1";
    for (let turn = 0; turn < 2; turn++) {
      const error = await errorOf(sms.verifyOtp(wrong(), { idempotencyKey }));
      assert.deepEqual(
        [error.type, error.status, error.attemptsRemaining, error.param],
        ["otp_invalid", 400, 4, undefined],
      );
    }
  });

  it("serviceIds are kept apart", async () => {
    const serviceIds = ["5f0c8f0e-4f3b-4c62-9d5a-0d6b1d0f3a11", "5f0c8f0e-4f3b-4c62-9d5a-0d6b1d0f3a22"];
    const { fake, sms } = start({ serviceIds });
    for (const serviceId of serviceIds) await sms.sendOtp({ to, serviceId });
    assert.equal(fake.messages.length, 2);
    fake.reset();
    assert.equal(fake.messages.length, 0);
    assert.equal(fake.lastCode(to), undefined);
  });
});

it("a test number gets no message, its fixed code verifies, and every reply says so", async () => {
  const { fake, sms, target } = start({ testNumbers: { [to]: "271828" } });
  const sent = await sms.sendOtp(target);
  fake.advance(30_000);
  const again = await sms.resendOtp(target);
  const wrong = await sms.verifyOtp({ ...target, otp: "000000" });
  const right = await sms.verifyOtp({ ...target, otp: "271828" });
  const read = await sms.getVerification({ verificationId: sent.data.verificationId });
  assert.equal(right.data.valid, true);
  assert.deepEqual(
    [sent, again, wrong, right, read].map(({ data }) => data.test),
    [true, true, true, true, true],
  );
  assert.deepEqual(
    read.data.deliveries.map(({ gateway }) => gateway),
    ["test", "test"],
  );
  assert.equal(fake.messages.length, 0);
  const ofSandbox = start({ testNumbers: { "+12025550172": "271828" } });
  await ofSandbox.sms.sendOtp({ ...ofSandbox.target, to: "+12025550172" });
  const known = await ofSandbox.sms.verifyOtp({ ...ofSandbox.target, to: "+12025550172", otp: "271828" });
  assert.equal(known.data.valid, true, "a number of the sandbox can be one");
  const other = await sms.sendOtp({ ...target, to: "+919876543211" });
  assert.ok(!("test" in other.data));
});

it("every reply of the fake has the shape that the contract's types say", async () => {
  const { sms, target } = start({ testNumbers: { [to]: "271828" } });
  const [code, wrong] = [() => "271828", () => ({ ...target, otp: "000000" })];
  const keys = (schema: { properties: Record<string, unknown> }) => Object.keys(schema.properties).sort();
  const metadata = { order: "A-17" };
  const sent = await sms.sendOtp({ ...target, metadata });
  assert.deepEqual(sent.data.metadata, metadata);
  assert.deepEqual(Object.keys(sent.data).sort(), keys(contract.SendOtpReply.properties.data));
  assert.deepEqual(
    Object.keys((await sms.verifyOtp(wrong())).data).sort(),
    keys(contract.WrongCodeReply.properties.data),
  );
  const read = await sms.getVerification({ verificationId: sent.data.verificationId });
  assert.deepEqual(Object.keys(read.data).sort(), keys(contract.VerificationReply.properties.data));
  assert.deepEqual(
    Object.keys((await sms.verifyOtp({ ...target, otp: code() })).data).sort(),
    keys(contract.VerifiedReply.properties.data),
  );
  await sms.sendOtp(target);
  assert.deepEqual(
    Object.keys((await sms.cancelOtp(target)).data).sort(),
    keys(contract.CancelOtpReply.properties.data),
  );
});

describe("a mistake in a test is named", () => {
  const fake = new FakeAntryk();
  for (const [what, call] of Object.entries({
    "an option that there is not": () => new FakeAntryk({ wrongCodes: "otp_invalid" } as never),
    "an error that there is not": () => fake.failNext("otp_expird" as never),
    "an option of failNext that there is not": () => fake.failNext("rate_limited", { retryAfter: 60 } as never),
    "a time that is none": () => fake.advance("5m" as never),
  })) {
    it(what, () => assert.throws(call, TypeError));
  }

  it("and every option is taken", () => {
    const all: Required<FakeOptions> = {
      serviceIds: [fake.serviceId],
      accessKey: "a",
      secretKey: "s",
      codeLength: 4,
      ttlSeconds: 60,
      maxAttempts: 3,
      wrongCode: "otp_invalid",
      recipientLimits: [],
      testNumbers: {},
      now: new Date(),
    };
    assert.equal(new FakeAntryk(all).serviceId, fake.serviceId);
  });
});
