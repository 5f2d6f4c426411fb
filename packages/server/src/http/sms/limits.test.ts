/** The limits on sends: each trips on its own key, and on no other. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { assertError, newRecipient, sent, typeOf, wrongCode } from "@antryk/testkit/http/expect";
import { startService, type TestCaller, type TestReply } from "@antryk/testkit/service";

const service = await startService();
after(() => service[Symbol.asyncDispose]());

const hour = 3_600_000;
const send = (caller: TestCaller, body: object = {}) =>
  service.post("send-otp", { to: newRecipient(), ...body }, {}, caller);

function assertLimited(reply: TestReply, policy: string): void {
  assert.equal(typeOf(reply), "rate_limited");
  assert.equal(reply.headers.get("ratelimit-policy"), policy);
  const retryAfter = Number(reply.headers.get("retry-after"));
  assert.ok(Number.isInteger(retryAfter) && retryAfter >= 1);
  assert.equal(reply.headers.get("ratelimit"), `${policy.split(";")[0]};r=0;t=${retryAfter}`);
  assert.equal(reply.body.errors[0].retryAfter, retryAfter);
  assert.equal(reply.headers.get("x-should-retry"), null);
}

/** Sends to one number and uses the code, so that only limits can refuse the next one. */
async function sendAndUse(caller: TestCaller, to: string, body: object = {}): Promise<TestReply> {
  const reply = await send(caller, { to, ...body });
  if (reply.status === 200) await service.post("verify-otp", { to, otp: service.lastCode(to) }, {}, caller);
  return reply;
}

test("recipient: send-otp and resend-otp count together, 3 in 15 minutes; another number is free", async () => {
  const to = newRecipient();
  await sent(service, to);
  service.clock.advance(30_000);
  await service.post("resend-otp", { to });
  service.clock.advance(60_000);
  await service.post("resend-otp", { to });
  service.clock.advance(120_000);
  assertLimited(await service.post("resend-otp", { to }), '"recipient";q=3;w=900');
  assertError(await service.post("resend-otp", { to }), "rate_limited", { retryAfter: 900 - 210, limit: "recipient" });
  await sent(service, newRecipient());
});

test("recipient: 10 in a day, and Retry-After is that of the limit that lasts longest", async () => {
  const to = newRecipient();
  for (let n = 0; n < 10; n += 1) {
    assert.equal((await sendAndUse(service, to)).status, 200);
    service.clock.advance(15 * 60_000);
  }
  const reply = await send(service, { to });
  assertLimited(reply, '"recipient";q=10;w=86400');
  assert.equal(reply.headers.get("retry-after"), String(86_400 - 10 * 900));
  service.clock.advance(86_400_000 - 10 * 900_000);
  assert.equal((await send(service, { to })).status, 200);
});

test("recipient: it is counted per service", async () => {
  const to = newRecipient();
  for (let n = 0; n < 4; n += 1) await sendAndUse(service, to);
  assert.equal((await send(await service.addCaller(), { to })).status, 200);
});

test("service: trips across numbers, and leaves the account's other traffic alone", async () => {
  const caller = await service.addCaller({ serviceLimits: [{ count: 2, windowMs: hour }] });
  assert.deepEqual([(await send(caller)).status, (await send(caller)).status], [200, 200]);
  assertLimited(await send(caller), '"service";q=2;w=3600');
  assert.equal((await send(service)).status, 200);
});

test("account: trips across its services", async () => {
  const caller = await service.addCaller({}, [{ count: 2, windowMs: hour }]);
  const { newService } = await import("../../administration/services.ts");
  const made = newService(caller.accountId, "Beta", {}, service.keyring, service.clock.now());
  assert.ok(made.kind === "service");
  await service.store.createService(made.service);
  const second = { ...caller, serviceId: made.service.id };
  assert.deepEqual([(await send(caller)).status, (await send(second)).status], [200, 200]);
  for (const each of [caller, second]) assertLimited(await send(each), '"account";q=2;w=3600');
  assert.equal((await send(service)).status, 200);
});

test("client: trips by clientIp, counts an IPv6 customer's /64 as one, and ignores requests without it", async () => {
  const caller = await service.addCaller({ clientLimits: [{ count: 2, windowMs: hour }] });
  for (const clientIp of ["203.0.113.7", "::ffff:203.0.113.7"])
    assert.equal((await send(caller, { clientIp })).status, 200);
  assertLimited(await send(caller, { clientIp: "203.0.113.7" }), '"client";q=2;w=3600');
  assert.equal((await send(caller, { clientIp: "203.0.113.8" })).status, 200);

  for (const clientIp of ["2001:db8::1", "2001:db8:0:0:ffff::2"])
    assert.equal((await send(caller, { clientIp })).status, 200);
  assertLimited(await send(caller, { clientIp: "2001:0DB8::3" }), '"client";q=2;w=3600');
  assert.equal((await send(caller, { clientIp: "2001:db8:0:1::1" })).status, 200);
  for (let n = 0; n < 3; n += 1) assert.equal((await send(caller)).status, 200);
});

test("country: trips on its own count, and not on that of a country with the same calling code", async () => {
  const caller = await service.addCaller({ countryLimits: [{ count: 2, windowMs: hour }] });
  const to = (number: string) => send(caller, { to: number });
  assert.deepEqual([(await to("+12015550123")).status, (await to("+12025550123")).status], [200, 200]);
  assertLimited(await to("+12035550123"), '"country";q=2;w=3600');
  // Jamaica shares the calling code.
  assert.equal((await to("+18762101234")).status, 200);
  assert.equal((await to("+447400123456")).status, 200);
});

test("prefix: trips for numbers that differ in their last four digits, and for no others", async () => {
  const caller = await service.addCaller({ prefixLimits: [{ count: 2, windowMs: hour }] });
  const to = (number: string) => send(caller, { to: number });
  assert.deepEqual([(await to("+919876540001")).status, (await to("+919876549999")).status], [200, 200]);
  assertLimited(await to("+919876545555"), '"prefix";q=2;w=3600');
  assert.equal((await to("+919876550001")).status, 200);
  const other = await service.addCaller({ prefixLimits: [{ count: 2, windowMs: hour }] });
  assert.equal((await send(other, { to: "+919876545555" })).status, 200, "another service's count");
});

test("a service that requires clientIp answers a send without it 400, and a verify as before", async () => {
  const caller = await service.addCaller({ requireClientIp: true });
  const to = newRecipient();
  assertError(await send(caller, { to }), "invalid_parameter", { param: "clientIp" });
  assert.equal((await send(caller, { to, clientIp: "203.0.113.7" })).status, 200);
  const reply = await service.post("verify-otp", { to, otp: service.lastCode(to) }, {}, caller);
  assert.equal(reply.status, 200);
});

test("client: the socket's address and X-Forwarded-For are no client", async () => {
  const caller = await service.addCaller({ clientLimits: [{ count: 1, windowMs: hour }] });
  for (let n = 0; n < 3; n += 1) {
    const reply = await service.post("send-otp", { to: newRecipient() }, { "x-forwarded-for": "203.0.113.7" }, caller);
    assert.equal(reply.status, 200);
  }
});

for (const operation of ["send-otp", "resend-otp", "verify-otp"]) {
  test(`${operation} 400 invalid_parameter: a clientIp that is no address`, async () => {
    for (const clientIp of [
      null,
      "",
      1,
      "nowhere",
      "1.2.3",
      "0x7f.1",
      "1.2.3.4.5",
      "fe80::1%eth0",
      "1.2.3.4:80",
      ["1.2.3.4"],
      "1".repeat(100),
    ]) {
      const reply = await service.post(operation, { to: newRecipient(), otp: "123456", clientIp });
      assertError(reply, "invalid_parameter", { param: "clientIp" });
    }
  });
}

for (const operation of ["send-otp", "resend-otp"]) {
  test(`${operation} 400 invalid_parameter: a locale that is no BCP 47 tag`, async () => {
    for (const locale of [null, "", 1, "not a tag", "e", "en_US!", ["en"], "x".repeat(100)])
      assertError(await service.post(operation, { to: newRecipient(), locale }), "invalid_parameter", {
        param: "locale",
      });
    for (const locale of ["en", "pt-BR", "zh-Hant-TW"])
      assert.notEqual((await service.post(operation, { to: newRecipient(), locale })).status, 400);
  });
}

test("a field that the operation does not have is ignored, whatever it holds", async () => {
  const to = newRecipient();
  const { code } = await sent(service, to);
  assert.equal((await service.post("verify-otp", { to, otp: code, locale: 5 })).status, 200);
  const second = newRecipient();
  await sent(service, second);
  assert.equal((await service.post("cancel-otp", { to: second, locale: 5, clientIp: 5 })).status, 200);
});

test("a send that one limit refuses counts in no other", async () => {
  const limits = { recipientLimits: [{ count: 1, windowMs: hour }], serviceLimits: [{ count: 5, windowMs: hour }] };
  const caller = await service.addCaller(limits);
  const to = newRecipient();
  assert.equal((await sendAndUse(caller, to)).status, 200);
  for (let n = 0; n < 10; n += 1) assertLimited(await send(caller, { to }), '"recipient";q=1;w=3600');
  for (let n = 0; n < 4; n += 1) assert.equal((await send(caller)).status, 200);
  assertLimited(await send(caller), '"service";q=5;w=3600');
});

test("a shared limit lets go once its window has passed", async () => {
  const caller = await service.addCaller({ serviceLimits: [{ count: 1, windowMs: 60_000 }] });
  await send(caller);
  const limited = await send(caller);
  service.clock.advance(Number(limited.headers.get("retry-after")) * 1000);
  assert.equal((await send(caller)).status, 200);
});

test("64 parallel sends to different numbers: a service's limit lets exactly its number through", async () => {
  const caller = await service.addCaller({ serviceLimits: [{ count: 10, windowMs: hour }] });
  const replies = await Promise.all(Array.from({ length: 64 }, () => send(caller)));
  assert.equal(replies.filter(({ status }) => status === 200).length, 10);
});

test("network: trips for a /24, and for an IPv6 customer's /56 and /48, and for no neighbour", async () => {
  const caller = await service.addCaller({ networkLimits: [{ count: 2, windowMs: hour }] });
  for (const clientIp of ["203.0.113.7", "203.0.113.200"]) assert.equal((await send(caller, { clientIp })).status, 200);
  const reply = await send(caller, { clientIp: "203.0.113.9" });
  assertLimited(reply, '"client";q=2;w=3600');
  assert.equal((await send(caller, { clientIp: "203.0.112.9" })).status, 200);
  for (const clientIp of ["2001:db8::1", "2001:db8:0:1::1"])
    assert.equal((await send(caller, { clientIp })).status, 200);
  assertLimited(await send(caller, { clientIp: "2001:db8:0:2::1" }), '"client";q=2;w=3600');
  assertLimited(await send(caller, { clientIp: "2001:db8:0:100::1" }), '"client";q=2;w=3600');
  assert.equal((await send(caller, { clientIp: "2001:db8:1::1" })).status, 200);
});

test("named: trips for its value of its name; requests without it are counted as not judged", async () => {
  const caller = await service.addCaller({ namedLimits: { user: [{ count: 2, windowMs: hour }] } });
  const as = (user: string) => send(caller, { limits: { user } });
  assert.deepEqual([(await as("u-1")).status, (await as("u-1")).status], [200, 200]);
  const reply = await as("u-1");
  assertLimited(reply, '"named";q=2;w=3600');
  assertError(reply, "rate_limited", { limit: "named", retryAfter: Number(reply.headers.get("retry-after")) });
  assert.equal((await as("u-2")).status, 200);
  assert.equal((await send(caller, { limits: { other: "u-1" } })).status, 200);
  const metrics = await (await fetch(`${service.operationsUrl}/metrics`)).text();
  assert.match(metrics, /antryk_unjudged_sends_total\{limit="named"\} 1\n/);
});

test("new prefix: a prefix none of whose codes was verified has 100 an hour, whatever the others do", async () => {
  const caller = await service.addCaller({ newPrefixLimits: [{ count: 2, windowMs: hour }] });
  const to = (number: string) => send(caller, { to: number });
  assert.deepEqual([(await to("+919876540001")).status, (await to("+919876540002")).status], [200, 200]);
  assertLimited(await to("+919876540003"), '"prefix";q=2;w=3600');
  assert.equal((await to("+919876550003")).status, 200);
});

test("recipient: its sends over an account's services are counted together, 20 in a day", async () => {
  const caller = await service.addCaller({ recipientLimits: [] });
  const { newService } = await import("../../administration/services.ts");
  const made = newService(caller.accountId, "Beta", { recipientLimits: [] }, service.keyring, service.clock.now());
  assert.ok(made.kind === "service");
  await service.store.createService(made.service);
  const second = { ...caller, serviceId: made.service.id };
  const to = newRecipient();
  for (let n = 0; n < 10; n += 1) {
    for (const each of [caller, second]) assert.equal((await sendAndUse(each, to)).status, 200);
    service.clock.advance(15 * 60_000);
  }
  for (const each of [caller, second]) assertLimited(await send(each, { to }), '"recipient";q=20;w=86400');
  assert.equal((await send(caller)).status, 200);
});

test("recipient: a stranger's sends from another network do not use up the owner's day, and 20 are the most", async () => {
  const to = newRecipient();
  const caller = await service.addCaller();
  const day = async (clientIp: string, times: number) => {
    for (let n = 0; n < times; n += 1) {
      assert.equal((await sendAndUse(caller, to, { clientIp })).status, 200, `${clientIp} ${n}`);
      service.clock.advance(15 * 60_000);
    }
  };
  await day("203.0.113.7", 10);
  assertLimited(await send(caller, { to, clientIp: "203.0.113.8" }), '"recipient";q=10;w=86400');
  await day("198.51.100.1", 10);
  assertLimited(await send(caller, { to, clientIp: "192.0.2.1" }), '"recipient";q=20;w=86400');
  service.clock.advance(86_400_000);
  assert.equal((await send(caller, { to, clientIp: "203.0.113.7" })).status, 200);
});

test("wrong codes are counted for each end user's address over many numbers", async () => {
  const caller = await service.addCaller({ guessLimits: [{ count: 2, windowMs: hour }] });
  const guess = async (clientIp: string, to = newRecipient()) => {
    assert.equal((await send(caller, { to })).status, 200);
    const otp = wrongCode(service.lastCode(to));
    return service.post("verify-otp", { to, otp, clientIp }, {}, caller);
  };
  for (let n = 0; n < 2; n += 1) assert.equal((await guess("203.0.113.7")).status, 200);
  const reply = await guess("203.0.113.7");
  assertLimited(reply, '"client";q=2;w=3600');
  const to = newRecipient();
  assert.equal((await send(caller, { to })).status, 200);
  const right = { to, otp: service.lastCode(to) };
  assertLimited(
    await service.post("verify-otp", { ...right, clientIp: "203.0.113.7" }, {}, caller),
    '"client";q=2;w=3600',
  );
  // Right codes count nothing, and neither does anything from elsewhere.
  assert.equal((await service.post("verify-otp", { ...right, clientIp: "203.0.113.8" }, {}, caller)).status, 200);
  for (let n = 0; n < 6; n += 1) assert.equal((await guess(`203.0.113.${20 + n}`)).status, 200);
  assertLimited(await guess("203.0.113.99"), '"client";q=8;w=3600');
});

test("metadata comes back in every reply about the verification", async () => {
  const to = newRecipient();
  const metadata = { order: "A 17", note: "ü \u001f" };
  const reply = await service.post("send-otp", { to, metadata });
  assert.deepEqual(reply.body.data.metadata, metadata);
  service.clock.advance(30_000);
  assert.deepEqual((await service.post("resend-otp", { to })).body.data.metadata, metadata);
  const otp = service.lastCode(to);
  assert.deepEqual((await service.post("verify-otp", { to, otp: wrongCode(otp) })).body.data.metadata, metadata);
  assert.deepEqual((await service.post("verify-otp", { to, otp })).body.data.metadata, metadata);
  const path = `/api/v1/sms/verifications/${reply.body.data.verificationId}`;
  const { accessKey, secretKey } = service;
  const found = await fetch(`${service.baseUrl}${path}`, {
    headers: { "x-access-key": accessKey, "x-secret-key": secretKey },
  });
  assert.deepEqual(((await found.json()) as { data: { metadata: object } }).data.metadata, metadata);
});
