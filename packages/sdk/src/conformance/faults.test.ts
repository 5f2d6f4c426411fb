/**
 * A retried send makes no second message and a retried verify costs no second try: the client and the real server, with
 * a network that breaks between them.
 */
import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import { type RealServer, startRealServer } from "../test-support/real-server.ts";
import { type Fault, faults, startFaultProxy } from "./fault-proxy.ts";
import { clientOf, newRecipient, otherCode } from "./target.ts";

const recipients = 60;
/** Cuts off what stalls; an answer that a slow machine gives later than this is asked for again, up to ten times. */
const patient = { timeoutMs: 1_000, maxRetries: 10, totalTimeoutMs: 280_000 };

let server: RealServer;
before(async () => {
  server = await startRealServer();
});
after(() => server.stop());

it("no fault makes a second message or costs a second try", async (t) => {
  const names = Object.keys(faults) as Fault[];
  let turn = 0;
  // Each fault in turn hits first requests, and half of the second ones; the third gets through.
  const choose = (attempt: number) =>
    attempt === 0 || (attempt === 1 && turn % 2 === 0) ? names[turn++ % names.length] : undefined;
  const proxy = await startFaultProxy(server.target.baseUrl, choose);
  t.after(() => proxy.close());
  const { sms } = clientOf({ ...server.target, baseUrl: proxy.url }, patient);
  const direct = clientOf(server.target);
  const { serviceId } = server.target;
  let retries = 0;

  const one = async () => {
    const to = newRecipient();
    const sent = await sms.sendOtp({ to, serviceId }).withResponse();
    const code = (await server.target.readCode(to)) ?? "";
    const wrong = await sms.verifyOtp({ to, serviceId, otp: otherCode(code) }).withResponse();
    const right = await sms.verifyOtp({ to, serviceId, otp: code }).withResponse();
    assert.equal(wrong.result.data.valid, false);
    assert.equal(right.result.data.valid, true);
    retries += [sent, wrong, right].reduce((sum, { response }) => sum + response.attempts - 1, 0);
    return { to, verificationId: sent.result.data.verificationId };
  };
  const done = await Promise.all(Array.from({ length: recipients }, one));
  await proxy.idle();

  let secondMessages = 0;
  let secondTries = 0;
  for (const { to, verificationId } of done) {
    secondMessages += (await server.messages(to)).length - 1;
    secondTries += (await direct.sms.getVerification({ verificationId })).data.attempts - 1;
  }
  const total = Object.values(proxy.counts).reduce((sum, count) => sum + count, 0);
  t.diagnostic(
    `${recipients * 3} calls, ${total} faults, ${retries} retries, ` +
      `second messages ${secondMessages}, second tries ${secondTries}`,
  );
  for (const [fault, count] of Object.entries(proxy.counts)) t.diagnostic(`${fault}: ${count}`);
  assert.deepEqual(Object.keys(proxy.counts).sort(), [...names].sort());
  assert.ok(retries >= recipients);
  assert.deepEqual({ secondMessages, secondTries }, { secondMessages: 0, secondTries: 0 });
});
