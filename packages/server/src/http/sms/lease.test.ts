/** A send that is with the gateway holds a lease: the send's time budget + 5 s. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { type Behaviour, holds, replies, resets, startGateway } from "@antryk/testkit/gateway";
import { assertError, newRecipient, wrongCode } from "@antryk/testkit/http/expect";
import { startService } from "@antryk/testkit/service";

const gateway = await startGateway();
after(() => gateway[Symbol.asyncDispose]());
const service = await startService({ service: gateway.service });
after(() => service[Symbol.asyncDispose]());

const post = (operation: string, body: object) => service.post(operation, body);

/** A send that has reached the gateway and waits there. */
async function startHeldSend(to: string, answer: Behaviour = replies(204)) {
  const { behaviour, release } = holds(answer);
  gateway.behave(behaviour);
  const arrived = gateway.arrived(gateway.requests.length + 1);
  const reply = post("send-otp", { to });
  await arrived;
  gateway.behave(replies(204));
  const [code = ""] = gateway.codes(to).slice(-1);
  return { reply, release, code };
}

test("under lease a send is 409, with the lease's rest as Retry-After", async () => {
  const to = newRecipient();
  const { reply, release } = await startHeldSend(to);
  const expiresAt = new Date(service.clock.now() + 300_000).toISOString();
  assertError(await post("send-otp", { to }), "otp_pending", { retryAfter: 13, expiresAt });
  service.clock.advance(10_000);
  assertError(await post("send-otp", { to }), "otp_pending", { retryAfter: 3, expiresAt });
  release();
  assert.equal((await reply).status, 200);
});

test("resend-otp 409 otp_pending: while a resend is with the gateway, as a send is, with the lease's rest", async () => {
  const to = newRecipient();
  gateway.behave(resets);
  assertError(await post("send-otp", { to }), "provider_unavailable", { shouldRetry: false, mayHaveBeenSent: true });
  service.clock.advance(30_000);
  const { behaviour, release } = holds(replies(204));
  gateway.behave(behaviour);
  const arrived = gateway.arrived(gateway.requests.length + 1);
  const resend = post("resend-otp", { to });
  await arrived;
  const expiresAt = new Date(service.clock.now() + 270_000).toISOString();
  service.clock.advance(3_000);
  for (const operation of ["send-otp", "resend-otp"])
    assertError(await post(operation, { to }), "otp_pending", { retryAfter: 10, expiresAt });
  release();
  assert.equal((await resend).status, 200);
  assert.equal(new Set(gateway.codes(to)).size, 1);
});

test("under lease verify compares as if pending, and a send that ends later does not revive a used code", async () => {
  const to = newRecipient();
  const { reply, release, code } = await startHeldSend(to);
  assert.equal((await post("verify-otp", { to, otp: wrongCode(code) })).body.data.attemptsRemaining, 4);
  assert.equal((await post("verify-otp", { to, otp: code })).body.data.valid, true);
  release();
  assert.equal((await reply).status, 200);
  assertError(await post("verify-otp", { to, otp: code }), "otp_not_found");
});

test("a send that never came back blocks no longer than its lease: the next one goes, with the same code", async () => {
  const to = newRecipient();
  const { reply, release, code } = await startHeldSend(to);
  service.clock.advance(13_000);
  assert.equal((await post("send-otp", { to })).status, 200);
  assert.deepEqual(gateway.codes(to), [code, code]);
  release();
  await reply;
  assert.equal((await post("verify-otp", { to, otp: code })).body.data.valid, true);
});

for (const [outcome, answer] of Object.entries({ refused: replies(500), unknown: resets })) {
  test(`a send whose lease was taken over and that ends ${outcome} does not touch what the next one sent`, async () => {
    const to = newRecipient();
    const { reply, release, code } = await startHeldSend(to, answer);
    service.clock.advance(13_000);
    assert.equal((await post("send-otp", { to })).status, 200);
    release();
    assert.equal((await reply).status, 500);
    assert.equal((await post("send-otp", { to })).status, 409, "it is pending");
    assert.equal((await post("verify-otp", { to, otp: code })).body.data.valid, true);
  });
}

test("64 parallel sends to one number: one SMS, the others 409", async () => {
  const to = newRecipient();
  gateway.behave(replies(204));
  const sends = await Promise.all(Array.from({ length: 64 }, () => post("send-otp", { to })));
  assert.deepEqual(sends.map(({ status }) => status).sort(), [200, ...new Array(63).fill(409)]);
  assert.equal(gateway.codes(to).length, 1);
});
