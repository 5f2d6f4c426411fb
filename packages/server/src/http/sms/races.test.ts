/** Verification is atomic: 64 callers at once, on one real server. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { newRecipient, sent, typeOf, verify, wrongCode } from "@antryk/testkit/http/expect";
import { startService } from "@antryk/testkit/service";

const service = await startService();
after(() => service[Symbol.asyncDispose]());

const callers = 64;
const atOnce = <T>(work: (n: number) => Promise<T>) => Promise.all(Array.from({ length: callers }, (_, n) => work(n)));

test("64 parallel right codes: exactly one valid:true, the others find the OTP used", async () => {
  const to = newRecipient();
  const { code } = await sent(service, to);
  const replies = await atOnce(() => verify(service, to, code));
  assert.equal(replies.filter(({ body }) => body.data?.valid === true).length, 1);
  assert.equal(replies.filter((reply) => typeOf(reply) === "otp_not_found").length, callers - 1);
});

test("64 parallel wrong codes: maxAttempts are compared, the others find the OTP locked", async () => {
  const to = newRecipient();
  const { code } = await sent(service, to);
  const replies = await atOnce((n) => verify(service, to, wrongCode(code, n + 1)));
  const compared = replies.filter(({ body }) => body.data?.valid === false);
  assert.deepEqual(compared.map(({ body }) => body.data.attemptsRemaining).sort(), [0, 1, 2, 3, 4]);
  assert.equal(replies.filter((reply) => typeOf(reply) === "rate_limited").length, callers - 5);
});

test("one right code among 63 wrong ones: it wins once at most, and maxAttempts wrong ones are compared", async () => {
  const to = newRecipient();
  const { code } = await sent(service, to);
  const replies = await atOnce((n) => verify(service, to, wrongCode(code, n)));
  assert.ok(replies.filter(({ body }) => body.data?.valid === true).length <= 1);
  assert.ok(replies.filter(({ body }) => body.data?.valid === false).length <= 5);
});

test("64 parallel resends: one message", async () => {
  const to = newRecipient();
  await sent(service, to);
  service.clock.advance(30_000);
  const replies = await atOnce(() => service.post("resend-otp", { to }));
  assert.equal(replies.filter(({ status }) => status === 200).length, 1);
  assert.equal(service.app.sandbox.list(to).length, 2);
});

test("64 parallel cancels against 64 right codes: the OTP ends once", async () => {
  const to = newRecipient();
  const { code } = await sent(service, to);
  const replies = await atOnce((n) => (n % 2 === 0 ? service.post("cancel-otp", { to }) : verify(service, to, code)));
  assert.equal(replies.filter(({ status }) => status === 200).length, 1);
});
