import assert from "node:assert/strict";
import { it } from "node:test";
import { startService, type TestService, type TestServiceOptions } from "@antryk/testkit/service";
import { addTestNumber, removeTestNumber } from "../../administration/test-numbers.ts";

/** In no country's plan: a send to it would be refused. */
const number = "+15005550001";
const ordinary = "+12025550143";
const code = "046813";
const day = 86_400_000;

async function start(to = number, options: TestServiceOptions = {}): Promise<TestService> {
  const service = await startService({ directoryLooksEveryMs: 0, ...options });
  const added = await addTestNumber(service, service.serviceId, {
    number: to,
    code,
    until: service.clock.now() + day,
  });
  assert.equal(added.kind, "test_number");
  return service;
}

it("a test number gets no message, its fixed code verifies, and every reply says so", async () => {
  await using service = await start();
  const sent = await service.post("send-otp", { to: number });
  assert.equal(sent.status, 200);
  assert.equal(sent.body.data.test, true);
  service.clock.advance(30_000);
  const again = await service.post("resend-otp", { to: number });
  assert.equal(again.status, 200);
  assert.equal(again.body.data.test, true);
  const wrong = await service.post("verify-otp", { to: number, otp: "000000" });
  assert.deepEqual([wrong.body.data.valid, wrong.body.data.test], [false, true]);
  const right = await service.post("verify-otp", { to: number, otp: code });
  assert.deepEqual([right.body.data.valid, right.body.data.test], [true, true]);
  assert.deepEqual(service.app.sandbox.list(), []);

  const { verificationId } = sent.body.data;
  const found = await fetch(`${service.baseUrl}/api/v1/sms/verifications/${verificationId}`, {
    headers: { "x-access-key": service.accessKey, "x-secret-key": service.secretKey },
  });
  const { data } = (await found.json()) as { data: { test?: true; deliveries: { gateway: string }[] } };
  assert.equal(data.test, true);
  assert.deepEqual(
    data.deliveries.map(({ gateway }) => gateway),
    ["test", "test"],
  );
  const lines = service.logLines.filter((line) => line.includes('"event":"test_number"'));
  assert.equal(lines.length, 2);
  assert.ok(service.logLines.every((line) => !line.includes(code) && !line.includes(number)));
});

it("a repeat by its key says so too", async () => {
  await using service = await start();
  const key = { "idempotency-key": "k-1" };
  const first = await service.post("send-otp", { to: number }, key);
  const second = await service.post("send-otp", { to: number }, key);
  assert.equal(second.headers.get("idempotency-replayed"), "true");
  assert.deepEqual(second.body.data, first.body.data);
});

it("neither policy nor shared limits judge it, and another number is judged as before", async () => {
  await using service = await start(number, {
    service: { countries: ["IN"], serviceLimits: [{ count: 1, windowMs: 60_000 }] },
  });
  for (let sends = 0; sends < 3; sends++) {
    assert.equal((await service.post("send-otp", { to: number })).status, 200);
    assert.equal((await service.post("verify-otp", { to: number, otp: code })).status, 200);
  }
  assert.equal((await service.post("send-otp", { to: number })).body.errors[0].limit, "recipient");
  assert.equal((await service.post("send-otp", { to: ordinary })).body.errors[0].reason, "country");
  assert.equal((await service.post("send-otp", { to: "+919876543210" })).status, 200);
});

it("wrong codes lock it as any other", async () => {
  await using service = await start();
  await service.post("send-otp", { to: number });
  for (let tries = 0; tries < 5; tries++) await service.post("verify-otp", { to: number, otp: "000000" });
  assert.equal((await service.post("verify-otp", { to: number, otp: code })).body.errors[0].limit, "otp");
});

it("it is a number as any other after its end, and once it was removed", async () => {
  await using service = await start(ordinary);
  await service.post("send-otp", { to: ordinary });
  await removeTestNumber(service, service.serviceId, ordinary);
  assert.equal((await service.post("verify-otp", { to: ordinary, otp: code })).body.errors[0].type, "otp_not_found");
  const until = service.clock.now() + 60_000;
  await addTestNumber(service, service.serviceId, { number: ordinary, code, until });
  service.clock.advance(60_000);
  const sent = await service.post("send-otp", { to: ordinary });
  assert.equal(sent.status, 200);
  assert.equal(sent.body.data.test, undefined);
  assert.equal(
    (await service.post("verify-otp", { to: ordinary, otp: service.lastCode(ordinary) })).body.data.valid,
    true,
  );
});

it("it is one of its own service alone", async () => {
  await using service = await start(ordinary);
  const other = await service.addCaller();
  const sent = await service.post("send-otp", { to: ordinary }, {}, other);
  assert.equal(sent.body.data.test, undefined);
  assert.equal(service.app.sandbox.list(ordinary).length, 1);
});

it("a number of the sandbox can be one", async () => {
  const to = "+12025550172";
  await using service = await start(to);
  await service.post("send-otp", { to });
  assert.equal((await service.post("verify-otp", { to, otp: code })).body.data.valid, true);
});

it("another spelling of its phone is the same number", async () => {
  await using service = await start();
  await addTestNumber(service, service.serviceId, {
    number: "+525555550123",
    code,
    until: service.clock.now() + day,
  });
  assert.equal((await service.post("send-otp", { to: "+5215555550123" })).body.data.test, true);
});

it("what the store holds and what is shown has no code", async () => {
  await using service = await start();
  const stored = await service.store.findService(service.serviceId);
  assert.ok(!JSON.stringify(stored).includes(code));
});
