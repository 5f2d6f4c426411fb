/** GET /verifications/{verificationId}: state and delivery timeline, never the code. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, test } from "node:test";
import { sendBudget } from "@antryk/contract";
import { replies, stalls, startGateway } from "@antryk/testkit/gateway";
import { assertError, guessWrong, newRecipient, sent, verify } from "@antryk/testkit/http/expect";
import { openApiProblem } from "@antryk/testkit/http/openapi";
import { startService, type TestCaller, type TestReply } from "@antryk/testkit/service";
import { newVerificationId } from "../../model/ids.ts";

const service = await startService({ directoryLooksEveryMs: 0 });
after(() => service[Symbol.asyncDispose]());

async function get(
  id: string,
  { accessKey, secretKey }: Pick<TestCaller, "accessKey" | "secretKey"> = service,
): Promise<TestReply> {
  const reply = await fetch(`${service.baseUrl}/api/v1/sms/verifications/${id}`, {
    headers: { "x-access-key": accessKey, "x-secret-key": secretKey },
  });
  const got = { status: reply.status, headers: reply.headers, body: await reply.json() };
  assert.equal(openApiProblem("get-verification", got), undefined);
  return got;
}

test("get-verification 200: every field of a pending verification, and no code", async () => {
  const to = newRecipient();
  const { code, data } = await sent(service, to);
  const { status, body } = await get(data.verificationId);
  assert.equal(status, 200);
  const at = new Date(service.clock.now()).toISOString();
  const [delivery] = body.data.deliveries;
  assert.deepEqual(body, {
    success: true,
    message: null,
    data: {
      verificationId: data.verificationId,
      serviceId: service.serviceId,
      to,
      status: "pending",
      attempts: 0,
      maxAttempts: 5,
      createdAt: at,
      expiresAt: data.expiresAt,
      endedAt: null,
      deliveries: [
        {
          at,
          operation: "send-otp",
          gateway: "sandbox",
          outcome: "accepted",
          messageId: delivery.messageId,
          durationMs: 0,
        },
      ],
    },
  });
  assert.doesNotMatch(JSON.stringify(body.data.deliveries), new RegExp(`"${code}"`));
});

test("get-verification 200: verified, cancelled, expired and locked, even after a new OTP", async () => {
  const [verified, cancelled, expired, locked] = [newRecipient(), newRecipient(), newRecipient(), newRecipient()];
  const ids = new Map<string, string>();
  const start = async (to: string) => {
    const { code, data } = await sent(service, to);
    ids.set(to, data.verificationId);
    return code;
  };
  const status = async (to: string) => (await get(ids.get(to) ?? "")).body.data;

  await start(expired);
  service.clock.advance(300_000);
  await verify(service, verified, await start(verified));
  await start(cancelled);
  await service.post("cancel-otp", { to: cancelled });
  await guessWrong(service, locked, await start(locked), 5);

  const now = new Date(service.clock.now()).toISOString();
  const check = async () => {
    assert.deepEqual([(await status(verified)).status, (await status(verified)).endedAt], ["verified", now]);
    assert.deepEqual([(await status(cancelled)).status, (await status(cancelled)).endedAt], ["cancelled", now]);
    assert.deepEqual([(await status(expired)).status, (await status(expired)).endedAt], ["expired", null]);
    assert.deepEqual([(await status(locked)).status, (await status(locked)).attempts], ["locked", 5]);
  };
  await check();
  const older = new Map(ids);
  service.clock.advance(30_000);
  for (const to of [verified, cancelled, expired, locked]) await start(to);
  for (const [to, id] of older) assert.notEqual(ids.get(to), id);
  for (const [to, id] of older) ids.set(to, id);
  await check();
});

test("get-verification 200: the timeline shows refused and unknown hand-overs and resends", async () => {
  await using gateway = await startGateway();
  const caller = await service.addCaller(gateway.service);
  const to = newRecipient();
  const post = (operation: string) => service.post(operation, { to }, {}, caller);
  const { verificationId } = (await post("send-otp")).body.data;
  service.clock.advance(30_000);
  gateway.behave(replies(500));
  await post("resend-otp");
  gateway.behave(stalls);
  const stalled = post("resend-otp");
  await gateway.arrived(3);
  service.timer.advance(sendBudget.budgetMs);
  await stalled;
  const { deliveries } = (await get(verificationId, caller)).body.data;
  const rows = deliveries.map(({ operation, outcome, reason }: Record<string, string>) => [operation, outcome, reason]);
  assert.deepEqual(rows, [
    ["send-otp", "accepted", undefined],
    ["resend-otp", "refused", "unavailable"],
    ["resend-otp", "unknown", "timeout"],
  ]);
});

test("get-verification 404 not_found: unknown, malformed, or of another account", async () => {
  const { data } = await sent(service, newRecipient());
  const other = await service.addCaller();
  assertError(await get(data.verificationId, other), "not_found");
  for (const id of [
    newVerificationId(service.clock.now(), 0),
    randomUUID(),
    "x",
    "%00",
    "..%2f",
    data.verificationId.toUpperCase(),
    "9".repeat(300),
  ])
    assertError(await get(id), "not_found");
});

test("get-verification 404 service_not_found: of an archived service, until it is restored", async () => {
  const { data } = await sent(service, newRecipient());
  await service.store.archiveService(service.serviceId, true);
  assertError(await get(data.verificationId), "service_not_found");
  await service.store.archiveService(service.serviceId, false);
  assert.equal((await get(data.verificationId)).status, 200);
});

test("get-verification 401 invalid_credentials: credentials in a query or body are none", async () => {
  const { data } = await sent(service, newRecipient());
  const query = `accessKey=${service.accessKey}&secretKey=${service.secretKey}`;
  const reply = await fetch(`${service.baseUrl}/api/v1/sms/verifications/${data.verificationId}?${query}`);
  assertError({ status: reply.status, headers: reply.headers, body: await reply.json() }, "invalid_credentials");
});
