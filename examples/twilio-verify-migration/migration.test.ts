/** One story, run on both sides: what the app sees does not change. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { AntrykClient } from "@antryk/sdk";
import { FakeAntryk } from "@antryk/sdk/testing";
import { Antryk, freshNumber, wrong } from "../testing/antryk.ts";
import * as afterwards from "./after.ts";
import * as beforehand from "./before.ts";
import * as meanwhile from "./during.ts";
import { startFakeTwilioVerify } from "./fake-twilio-verify.ts";
import type { PhoneCheck } from "./phone-check.ts";

interface Side {
  readonly phones: PhoneCheck;
  lastCode(to: string): Promise<string>;
  close(): unknown;
}

const sides: Record<string, () => Promise<Side>> = {
  "before, with Twilio's client": async () => {
    const fake = await startFakeTwilioVerify();
    return { ...fake, phones: beforehand.phoneCheck(fake.client, "VA00000000000000000000000000000000") };
  },
  "after, with Antryk's": async () => {
    const antryk = await Antryk.start();
    const phones = afterwards.phoneCheck(antryk.client, antryk.serviceId);
    return { phones, lastCode: (to) => antryk.lastCode(to), close: () => antryk[Symbol.asyncDispose]() };
  },
};

for (const [name, start] of Object.entries(sides)) {
  describe(name, () => {
    let side: Side;
    before(async () => {
      side = await start();
    });
    after(() => side?.close());

    it("approves the code once", async () => {
      const to = freshNumber();
      assert.deepEqual(await side.phones.start(to), { result: "sent" });
      const code = await side.lastCode(to);
      assert.equal(await side.phones.check(to, wrong(code)), "wrong");
      assert.equal(await side.phones.check(to, code), "approved");
      assert.equal(await side.phones.check(to, code), "none_pending");
    });

    it("allows five wrong codes", async () => {
      const to = freshNumber();
      await side.phones.start(to);
      const code = await side.lastCode(to);
      for (let tries = 0; tries < 5; tries++) assert.equal(await side.phones.check(to, wrong(code)), "wrong");
      assert.equal(await side.phones.check(to, code), "too_many_tries");
    });

    it("refuses what is no number, and knows no code of another", async () => {
      assert.deepEqual(await side.phones.start("9876543210"), { result: "invalid_number" });
      assert.equal(await side.phones.check(freshNumber(), "123456"), "none_pending");
    });
  });
}

it("in between, codes of either side are approved, each once", async () => {
  const [twilio, fake] = [await startFakeTwilioVerify(), new FakeAntryk()];
  const before = beforehand.phoneCheck(twilio.client, "VA00000000000000000000000000000000");
  const phones = meanwhile.phoneCheck(
    before,
    afterwards.phoneCheck(new AntrykClient(fake.clientOptions), fake.serviceId),
  );
  const [early, late] = [freshNumber(), freshNumber()];
  await before.start(early);
  await phones.start(late);
  for (const [to, code] of [
    [early, await twilio.lastCode(early)],
    [late, fake.lastCode(late) ?? ""],
  ] as const) {
    assert.equal(await phones.check(to, wrong(code)), "wrong");
    assert.equal(await phones.check(to, code), "approved");
    assert.equal(await phones.check(to, code), "none_pending");
  }
  twilio.close();
});

it("the one difference: asked twice, Twilio sends again at once, Antryk after a wait that it names", async () => {
  const fake = new FakeAntryk();
  const phones = afterwards.phoneCheck(new AntrykClient({ ...fake.clientOptions, maxRetries: 0 }), fake.serviceId);
  const to = freshNumber();
  await phones.start(to);
  assert.deepEqual(await phones.start(to), { result: "wait", retryAfterMs: 30_000 });
  fake.advance(30_000);
  assert.deepEqual(await phones.start(to), { result: "sent" });
  assert.equal(fake.messages[0]?.code, fake.messages[1]?.code);
});
