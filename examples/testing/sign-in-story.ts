/** What every sign-in example must do, whatever it is built with. They all have the same four routes. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { AntrykClient } from "@antryk/sdk";
import { FakeAntryk } from "@antryk/sdk/testing";
import { Antryk, Browser, freshNumber, type Handle, wrong } from "./antryk.ts";

export interface App {
  readonly handle: Handle;
  close(): Promise<unknown>;
}

export type Start<More extends unknown[] = []> = (
  client: AntrykClient,
  serviceId: string,
  ...more: More
) => Promise<App>;

const send = "/api/sign-in/send";
const resend = "/api/sign-in/resend";
const verify = "/api/sign-in/verify";
const me = "/api/me";

export function signInStory(name: string, start: Start): void {
  realStory(name, start);
  fakeStory(name, start);
}

/** `start` also gets what an app's environment needs, for one that runs in another process. */
export function realStory(name: string, start: Start<[env: Record<string, string>]>): void {
  describe(`${name}, against the real server`, () => {
    let antryk: Antryk;
    let app: App;
    const browser = () => new Browser(app.handle);

    before(async () => {
      antryk = await Antryk.start();
      app = await start(antryk.client, antryk.serviceId, antryk.env);
    });

    after(async () => {
      await app?.close();
      await antryk?.[Symbol.asyncDispose]();
    });

    it("signs in with the code of the message", async () => {
      const [user, to] = [browser(), freshNumber()];
      assert.equal((await user.get(me)).status, 401);
      const sent = await user.post(send, { to });
      assert.equal(sent.status, 200);
      assert.ok(Date.parse(String(sent.body.resendAt)) < Date.parse(String(sent.body.expiresAt)));
      assert.equal((await user.get(me)).status, 401);
      const verified = await user.post(verify, { otp: await antryk.lastCode(to) });
      assert.deepEqual([verified.status, verified.body], [200, { signedIn: true }]);
      assert.deepEqual((await user.get(me)).body, { phone: to });
      await user.post("/api/sign-out");
      assert.equal((await user.get(me)).status, 401);
    });

    it("says how many wrong codes are left, and signs no user in with one", async () => {
      const [user, to] = [browser(), freshNumber()];
      await user.post(send, { to });
      const code = await antryk.lastCode(to);
      const tried = await user.post(verify, { otp: wrong(code) });
      assert.deepEqual([tried.status, tried.body], [400, { error: "wrong_code", attemptsRemaining: 4 }]);
      assert.equal((await user.get(me)).status, 401);
      assert.equal((await user.post(verify, { otp: code })).status, 200);
    });

    it("is locked after five wrong codes, for the right one too", async () => {
      const [user, to] = [browser(), freshNumber()];
      await user.post(send, { to });
      const code = await antryk.lastCode(to);
      for (let left = 4; left >= 0; left--)
        assert.equal((await user.post(verify, { otp: wrong(code) })).body.attemptsRemaining, left);
      const locked = await user.post(verify, { otp: code });
      assert.deepEqual([locked.status, locked.body.error], [429, "rate_limited"]);
      assert.equal((await user.get(me)).status, 401);
    });

    it("a cookie from before the sign-in is not signed in: no session fixation", async () => {
      const [user, to] = [browser(), freshNumber()];
      await user.post(send, { to });
      const planted = user.copy();
      await user.post(verify, { otp: await antryk.lastCode(to) });
      assert.equal((await user.get(me)).status, 200);
      assert.equal((await planted.get(me)).status, 401);
    });

    it("takes the number to verify from the session, whatever the client says", async () => {
      const [attacker, own, victim] = [browser(), freshNumber(), freshNumber()];
      assert.deepEqual((await attacker.post(verify, { to: victim, otp: "123456" })).body, {
        error: "ask_for_a_code_first",
      });
      await attacker.post(send, { to: own });
      assert.equal((await attacker.post(verify, { to: victim, otp: await antryk.lastCode(own) })).status, 200);
      assert.deepEqual((await attacker.get(me)).body, { phone: own });
    });

    it("sends one message for a form that is submitted twice", async () => {
      const [user, to] = [browser(), freshNumber()];
      const key = { "idempotency-key": crypto.randomUUID() };
      const replies = await Promise.all([user.post(send, { to }, key), user.post(send, { to }, key)]);
      assert.deepEqual(
        replies.map(({ status }) => status),
        [200, 200],
      );
      assert.deepEqual(replies[0]?.body, replies[1]?.body);
      assert.equal((await antryk.texts(to)).length, 1);
    });

    it("lets a second tab go on with the code that is out, without a second message", async () => {
      const [first, second, to] = [browser(), browser(), freshNumber()];
      await first.post(send, { to });
      const again = await second.post(send, { to });
      assert.equal(again.status, 200);
      assert.equal((await antryk.texts(to)).length, 1);
      assert.equal((await second.post(verify, { otp: await antryk.lastCode(to) })).status, 200);
    });

    it("refuses a resend that comes too early, and says when", async () => {
      const [user, to] = [browser(), freshNumber()];
      assert.deepEqual((await user.post(resend)).body, { error: "ask_for_a_code_first" });
      await user.post(send, { to });
      const early = await user.post(resend);
      assert.deepEqual([early.status, early.body.error], [429, "rate_limited"]);
      assert.ok(Number(early.body.retryAfterMs) > 0);
    });

    it("refuses what is no number or no code", async () => {
      const user = browser();
      for (const to of ["9876543210", "", undefined, 42, ["+919876543210"]]) {
        const refused = await user.post(send, { to });
        assert.deepEqual([refused.status, refused.body], [400, { error: "invalid_recipient" }]);
      }
      await user.post(send, { to: freshNumber() });
      for (const otp of ["12", "abcdef", 123456, undefined]) {
        const refused = await user.post(verify, { otp });
        assert.deepEqual([refused.status, refused.body], [400, { error: "otp_invalid" }]);
      }
    });
  });
}

/** What takes minutes by the server's clock, and faults. */
function fakeStory(name: string, start: Start): void {
  describe(`${name}, against the fake`, () => {
    const startFake = async () => {
      const fake = new FakeAntryk();
      const app = await start(
        new AntrykClient({ ...fake.clientOptions, maxRetries: 0, logLevel: "off" }),
        fake.serviceId,
      );
      return { fake, user: new Browser(app.handle), [Symbol.asyncDispose]: async () => void (await app.close()) };
    };

    it("sends the same code again after the wait", async () => {
      await using world = await startFake();
      const [{ fake, user }, to] = [world, freshNumber()];
      await user.post(send, { to });
      fake.advance(30_000);
      assert.equal((await user.post(resend)).status, 200);
      assert.equal(fake.messages.length, 2);
      assert.equal(fake.messages[0]?.code, fake.messages[1]?.code);
    });

    it("says that a code has expired", async () => {
      await using world = await startFake();
      const [{ fake, user }, to] = [world, freshNumber()];
      await user.post(send, { to });
      fake.advance(300_000);
      const late = await user.post(verify, { otp: fake.lastCode(to) });
      assert.deepEqual([late.status, late.body], [410, { error: "otp_expired" }]);
    });

    it("shows the browser nothing of the operator's faults", async () => {
      await using world = await startFake();
      for (const type of ["invalid_credentials", "invalid_request", "internal_error", "connection_error"] as const) {
        world.fake.failNext(type);
        const failed = await world.user.post(send, { to: freshNumber() });
        assert.deepEqual([failed.status, failed.body], [502, { error: "unavailable" }]);
      }
    });
  });
}
