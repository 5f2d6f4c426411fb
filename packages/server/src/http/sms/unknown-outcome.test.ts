/** A send that may or may not have left: 500, and everything stands as if it had left. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { sendBudget } from "@antryk/contract";
import { type Behaviour, replies, resets, stalls, startGateway } from "@antryk/testkit/gateway";
import { assertError, newRecipient, typeOf, wrongCode } from "@antryk/testkit/http/expect";
import { startService } from "@antryk/testkit/service";

const gateway = await startGateway();
after(() => gateway[Symbol.asyncDispose]());
/** Ten digits: two codes are not the same by chance. */
const settings = { ...gateway.service, codeLength: 10 };
const service = await startService({ service: settings });
after(() => service[Symbol.asyncDispose]());

const post = (operation: string, body: object) => service.post(operation, body);

async function sendUnknown(to: string, behaviour: Behaviour = resets): Promise<string> {
  gateway.behave(behaviour);
  const arrived = gateway.arrived(gateway.requests.length + 1);
  const reply = post("send-otp", { to });
  await arrived;
  if (behaviour === stalls) service.timer.advance(sendBudget.budgetMs);
  assertError(await reply, "provider_unavailable", { shouldRetry: false, mayHaveBeenSent: true });
  gateway.behave(replies(204));
  return gateway.codes(to).at(-1) ?? "";
}

const causes: Record<string, Behaviour> = { "a time-out": stalls, "a reset": resets, "a 504": replies(504) };
for (const [cause, behaviour] of Object.entries(causes)) {
  test(`after ${cause}: 500 that advises no retry, and the code verifies`, async () => {
    const to = newRecipient();
    const code = await sendUnknown(to, behaviour);
    assert.equal((await post("verify-otp", { to, otp: code })).body.data.valid, true);
  });
}

test("the next send is not blocked, says the same code, and is another message", async () => {
  const to = newRecipient();
  const code = await sendUnknown(to);
  const next = await post("send-otp", { to });
  assert.equal(next.status, 200);
  assert.deepEqual(gateway.codes(to), [code, code]);
  const ids = gateway.requests.filter(({ message }) => message.to === to).map(({ message }) => message.id);
  assert.equal(new Set(ids).size, 2);
  assert.equal(typeOf(await post("send-otp", { to })), "otp_pending", "the second one was taken");
  assert.equal((await post("verify-otp", { to, otp: code })).body.data.valid, true);
});

test("wrong codes count and lock it as if it were pending; the next send does not refill the tries", async () => {
  const to = newRecipient();
  const code = await sendUnknown(to);
  const wrong = await post("verify-otp", { to, otp: wrongCode(code) });
  assert.equal(wrong.body.data.attemptsRemaining, 4);
  await post("send-otp", { to });
  assert.equal((await post("verify-otp", { to, otp: wrongCode(code, 2) })).body.data.attemptsRemaining, 3);
});

test("the limits stay spent", async () => {
  const to = newRecipient();
  for (let n = 0; n < 3; n += 1) await sendUnknown(to);
  assertError(await post("send-otp", { to }), "rate_limited", { retryAfter: 900, limit: "recipient" });
});

test("the code verifies until its end, and then the next send says another one", async () => {
  const to = newRecipient();
  const code = await sendUnknown(to);
  service.clock.advance(299_999);
  assert.equal((await post("verify-otp", { to, otp: wrongCode(code) })).status, 200);
  service.clock.advance(1);
  assertError(await post("verify-otp", { to, otp: code }), "otp_expired");
  await post("send-otp", { to });
  const [before, after] = gateway.codes(to);
  assert.notEqual(after, before);
});

test("it can be cancelled", async () => {
  const to = newRecipient();
  const code = await sendUnknown(to);
  assert.equal((await post("cancel-otp", { to })).status, 200);
  assertError(await post("verify-otp", { to, otp: code }), "otp_not_found");
});
