import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { after, before, describe, it } from "node:test";
import { AntrykClient } from "@antryk/sdk";
import { FakeAntryk } from "@antryk/sdk/testing";
import { getMigrations } from "better-auth/db/migration";
import { Antryk, Browser, freshNumber, wrong } from "../testing/antryk.ts";
import { createAuth } from "./auth.ts";

const baseURL = "http://127.0.0.1";
const send = "/api/auth/phone-number/send-otp";
const verify = "/api/auth/phone-number/verify";
const session = "/api/auth/get-session";

async function start(client: AntrykClient, serviceId: string) {
  const auth = createAuth({
    client,
    serviceId,
    database: new DatabaseSync(":memory:"),
    baseURL,
    secret: "only for tests, but long enough!!",
  });
  await (await getMigrations(auth.options)).runMigrations();
  return () => {
    const browser = new Browser((request) => {
      request.headers.set("origin", baseURL);
      return auth.handler(request);
    });
    return browser;
  };
}

describe("Better Auth, against the real server", () => {
  let antryk: Antryk;
  let browser: () => Browser;

  before(async () => {
    antryk = await Antryk.start();
    browser = await start(antryk.client, antryk.serviceId);
  });
  after(() => antryk?.[Symbol.asyncDispose]());

  it("signs a new user up with the code of the message, and in again later", async () => {
    const to = freshNumber();
    const ids: unknown[] = [];
    for (let turn = 0; turn < 2; turn++) {
      const user = browser();
      assert.equal((await user.post(send, { phoneNumber: to })).status, 200);
      assert.equal((await antryk.texts(to)).length, turn + 1);
      const { status, body } = await user.post(verify, { phoneNumber: to, code: await antryk.lastCode(to) });
      assert.deepEqual([status, body.status], [200, true]);
      const { body: signedIn } = await user.get(session);
      const { id, phoneNumber, phoneNumberVerified } = signedIn.user as Record<string, unknown>;
      assert.deepEqual([phoneNumber, phoneNumberVerified], [to, true]);
      ids.push(id);
    }
    assert.equal(ids[0], ids[1]);
  });

  it("refuses a wrong code, and a right one of another number", async () => {
    const [user, own, victim] = [browser(), freshNumber(), freshNumber()];
    await user.post(send, { phoneNumber: own });
    await user.post(send, { phoneNumber: victim });
    const code = await antryk.lastCode(own);
    for (const [phoneNumber, typed] of [
      [own, wrong(code)],
      [victim, (await antryk.lastCode(victim)) === code ? wrong(code) : code],
    ]) {
      const { status, body } = await user.post(verify, { phoneNumber, code: typed });
      assert.deepEqual([status, body.code], [400, "INVALID_OTP"]);
    }
    assert.equal((await user.post(verify, { phoneNumber: own, code })).status, 200);
  });

  it("refuses a used code and a number that has none", async () => {
    const [user, to] = [browser(), freshNumber()];
    await user.post(send, { phoneNumber: to });
    const code = await antryk.lastCode(to);
    assert.equal((await user.post(verify, { phoneNumber: to, code })).status, 200);
    assert.equal((await browser().post(verify, { phoneNumber: to, code })).body.code, "INVALID_OTP");
    assert.equal((await browser().post(verify, { phoneNumber: freshNumber(), code })).body.code, "INVALID_OTP");
  });

  it("never takes a sign-in code for a new password", async () => {
    const [user, to] = [browser(), freshNumber()];
    await user.post(send, { phoneNumber: to });
    const otp = await antryk.lastCode(to);
    const reset = await user.post("/api/auth/phone-number/reset-password", {
      phoneNumber: to,
      otp,
      newPassword: "correct horse battery",
    });
    assert.deepEqual([reset.status, reset.body.code], [400, "INVALID_OTP"]);
    assert.equal((await user.post(verify, { phoneNumber: to, code: otp })).status, 200);
  });

  it("refuses what is no number", async () => {
    assert.equal((await browser().post(send, { phoneNumber: "9876543210" })).body.code, "INVALID_PHONE_NUMBER");
  });
});

describe("Better Auth, against the fake", () => {
  it("a second request says the same code once the wait has passed, and before that how long it is", async () => {
    const fake = new FakeAntryk();
    const user = (await start(new AntrykClient({ ...fake.clientOptions, maxRetries: 0 }), fake.serviceId))();
    const to = freshNumber();
    await user.post(send, { phoneNumber: to });
    const early = await user.post(send, { phoneNumber: to });
    assert.deepEqual([early.status, early.body.code, early.body.retryAfterMs], [429, "RATE_LIMITED", 30_000]);
    fake.advance(30_000);
    assert.equal((await user.post(send, { phoneNumber: to })).status, 200);
    assert.deepEqual([fake.messages.length, new Set(fake.messages.map(({ code }) => code)).size], [2, 1]);
  });

  it("shows the browser nothing of the operator's faults", async () => {
    const fake = new FakeAntryk();
    const user = (
      await start(new AntrykClient({ ...fake.clientOptions, maxRetries: 0, logLevel: "off" }), fake.serviceId)
    )();
    fake.failNext("invalid_credentials");
    const failed = await user.post(send, { phoneNumber: freshNumber() });
    assert.deepEqual([failed.status, failed.body], [502, { code: "UNAVAILABLE" }]);
  });
});
