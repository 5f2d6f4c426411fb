/** Failover inside one send, on real sockets: the whole service, two gateways, and what the first one does. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { sendBudget } from "@antryk/contract";
import {
  type Behaviour,
  holds,
  replies,
  resets,
  stalls,
  startGateway,
  type TestGateway,
} from "@antryk/testkit/gateway";
import { deadOrigin } from "@antryk/testkit/net/ports";
import { startService, type TestService } from "@antryk/testkit/service";
import { newGateway } from "../administration/gateways.ts";
import type { Route } from "../model/service.ts";
import { breakerDefaults } from "./guard.ts";

const to = "+919876543210";
async function addGateway(
  service: TestService,
  name: string,
  gateway: TestGateway,
  caps: { maxConcurrent?: number; maxPerSecond?: number } = {},
): Promise<void> {
  const { url, secret } = gateway;
  const { maxConcurrent = null, maxPerSecond = null } = caps;
  const made = newGateway(
    { name, provider: "http", settings: { url, secret }, maxConcurrent, maxPerSecond },
    service.keyring,
    service.store.now(),
  );
  assert.ok(made.kind === "gateway");
  assert.ok(await service.store.createGateway(made.gateway));
}

const route = (changes: Partial<Route> = {}): Route => ({
  match: "*",
  gateways: ["first", "second"],
  failoverOnTimeout: false,
  ...changes,
});

async function start(routes: readonly Route[], first: TestGateway, second: TestGateway): Promise<TestService> {
  const service = await startService({ service: { routes } });
  await addGateway(service, "first", first);
  await addGateway(service, "second", second);
  return service;
}

async function timeline(
  service: TestService,
  verificationId: string,
): Promise<{ gateway: string; outcome: string; reason?: string }[]> {
  const headers = { "x-access-key": service.accessKey, "x-secret-key": service.secretKey };
  const reply = await fetch(`${service.baseUrl}/api/v1/sms/verifications/${verificationId}`, { headers });
  const { data } = (await reply.json()) as {
    data: { deliveries: { gateway: string; outcome: string; reason?: string }[] };
  };
  return data.deliveries.map(({ gateway, outcome, reason }) =>
    reason === undefined ? { gateway, outcome } : { gateway, outcome, reason },
  );
}

const refusals: [string, Behaviour, string][] = [
  ["answers 503", replies(503), "unavailable"],
  ["refuses the key", replies(401), "auth"],
  ["refuses the message", replies(400, "{}"), "rejected"],
  ["answers 429", replies(429, "", { "retry-after": "5" }), "rate_limited"],
];

for (const [what, behaviour, reason] of refusals) {
  test(`the first gateway ${what}: the second takes the message, one code, both attempts on the timeline`, async () => {
    await using first = await startGateway(behaviour);
    await using second = await startGateway();
    await using service = await start([route()], first, second);
    const sent = await service.post("send-otp", { to });
    assert.equal(sent.status, 200, JSON.stringify(sent.body));
    assert.deepEqual(new Set([...first.codes(to), ...second.codes(to)]).size, 1);
    assert.deepEqual(await timeline(service, sent.body.data.verificationId), [
      { gateway: "first", outcome: "refused", reason },
      { gateway: "second", outcome: "accepted" },
    ]);
    assert.equal((await service.post("send-otp", { to })).status, 409, "one pending OTP");
    assert.equal((await service.post("verify-otp", { to, otp: second.codes(to)[0] })).body.data.valid, true);
  });
}

test("the first gateway can't be connected to: the second takes the message", async () => {
  await using gateway = await startGateway();
  const first = { ...gateway, url: deadOrigin };
  await using second = await startGateway();
  await using service = await start([route()], first, second);
  assert.equal((await service.post("send-otp", { to })).status, 200);
  assert.equal(second.codes(to).length, 1);
});

/** One more request at this gateway, and the time that a send gives it has passed. */
async function giveUp(service: TestService, gateway: TestGateway, shareMs: number): Promise<void> {
  await gateway.arrived(gateway.requests.length + 1);
  service.timer.advance(shareMs);
}

for (const [what, behaviour] of Object.entries({ stalls, resets })) {
  test(`the first gateway ${what} after the request: the route decides whether the second is asked`, async () => {
    await using first = await startGateway(behaviour);
    await using second = await startGateway();
    const post = async (service: TestService, shareMs: number) => {
      const givenUp = behaviour === stalls && giveUp(service, first, shareMs);
      const reply = await service.post("send-otp", { to });
      await givenUp;
      return reply;
    };
    await using careful = await start([route()], first, second);
    const unknown = await post(careful, sendBudget.budgetMs);
    assert.deepEqual(
      [unknown.status, unknown.headers.get("x-should-retry"), second.requests.length],
      [500, "false", 0],
    );

    await using eager = await start([route({ failoverOnTimeout: true })], first, second);
    const sent = await post(eager, sendBudget.budgetMs / 2);
    assert.equal(sent.status, 200);
    assert.deepEqual(
      (await timeline(eager, sent.body.data.verificationId)).map(({ gateway, outcome }) => [gateway, outcome]),
      [
        ["first", "unknown"],
        ["second", "accepted"],
      ],
    );
    assert.equal(first.codes(to).at(-1), second.codes(to)[0], "the same code");
  });
}

test("all gateways refuse: 500, nothing pending, limits given back", async () => {
  await using first = await startGateway(replies(503));
  await using second = await startGateway(replies(500));
  await using service = await start([route()], first, second);
  for (let n = 0; n < 4; n += 1) {
    const { status, body } = await service.post("send-otp", { to });
    assert.deepEqual([status, body.errors[0].type], [500, "provider_unavailable"]);
  }
  assert.equal((await service.post("verify-otp", { to, otp: first.codes(to)[0] })).status, 404);
  second.behave(replies(204));
  assert.equal((await service.post("send-otp", { to })).status, 200, "the refused sends did not count");
});

test("all gateways stall after the request: 500, limits stay spent, a code that arrives late verifies", async () => {
  await using first = await startGateway(stalls);
  await using second = await startGateway(stalls);
  await using service = await start([route({ failoverOnTimeout: true })], first, second);
  for (let n = 0; n < 3; n += 1) {
    const reply = service.post("send-otp", { to });
    for (const gateway of [first, second]) await giveUp(service, gateway, sendBudget.budgetMs / 2);
    assert.equal((await reply).status, 500);
  }
  assert.equal((await service.post("send-otp", { to })).status, 429);
  assert.equal(new Set([...first.codes(to), ...second.codes(to)]).size, 1);
  assert.equal((await service.post("verify-otp", { to, otp: first.codes(to)[0] })).body.data.valid, true);
});

test("a permanent refusal of the number asks no other gateway", async () => {
  await using first = await startGateway(replies(400, '{"error":"invalid_recipient"}'));
  await using second = await startGateway();
  await using service = await start([route()], first, second);
  const { status, body } = await service.post("send-otp", { to });
  assert.deepEqual([status, body.errors[0].type, second.requests.length], [400, "invalid_recipient", 0]);
});

test("the breaker opens after five faults in a row, lets the gateway rest, and closes again", async (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: Date.now() });
  await using first = await startGateway(replies(503));
  await using second = await startGateway();
  await using service = await start([route()], first, second);
  const send = (n: number) => service.post("send-otp", { to: `+9198765432${10 + n}` });
  for (let n = 0; n < 8; n += 1) assert.equal((await send(n)).status, 200);
  assert.equal(first.requests.length, 5, "it is not asked while its circuit is open");
  const health = async () => {
    const reply = await fetch(`${service.operationsUrl}/gateways/health`);
    const { gateways } = (await reply.json()) as { gateways: { name: string; circuit: string }[] };
    return gateways.find(({ name }) => name === "first")?.circuit;
  };
  assert.equal(await health(), "open");
  first.behave(replies(204));
  t.mock.timers.tick(breakerDefaults.restMs);
  for (let n = 10; n < 14; n += 1) assert.equal((await send(n)).status, 200);
  assert.equal(await health(), "closed");
  assert.equal(first.requests.length, 9);
});

test("a gateway that asks for a rest is not asked until the rest has passed", async () => {
  await using first = await startGateway(replies(429, "", { "retry-after": "30" }));
  await using second = await startGateway();
  await using service = await start([route()], first, second);
  await service.post("send-otp", { to });
  await service.post("send-otp", { to: "+919876543211" });
  assert.equal(first.requests.length, 1);
  service.clock.advance(30_000);
  await service.post("send-otp", { to: "+919876543212" });
  assert.equal(first.requests.length, 2);
});

test("caps on concurrency and rate send the rest through the next gateway", async () => {
  const held = holds();
  await using first = await startGateway(held.behaviour);
  await using second = await startGateway();
  await using third = await startGateway();
  await using service = await startService({ service: { routes: [route({ gateways: ["narrow", "slow", "rest"] })] } });
  await addGateway(service, "narrow", first, { maxConcurrent: 2 });
  await addGateway(service, "slow", second, { maxPerSecond: 3 });
  await addGateway(service, "rest", third);
  const sends = Array.from({ length: 10 }, (_, n) => service.post("send-otp", { to: `+9198765432${10 + n}` }));
  await Promise.all([first.arrived(2), third.arrived(5)]);
  held.release();
  for (const { status } of await Promise.all(sends)) assert.equal(status, 200);
  assert.deepEqual([first.requests.length, second.requests.length, third.requests.length], [2, 3, 5]);
});

test("the longest prefix, then the country, then * decides; if nothing matches, the recipient is blocked", async () => {
  await using first = await startGateway();
  await using second = await startGateway();
  await using service = await start(
    [
      route({ match: "IN", gateways: ["first"] }),
      route({ match: "+9198", gateways: ["second"] }),
      route({ match: "GB", gateways: ["second"] }),
    ],
    first,
    second,
  );
  assert.equal((await service.post("send-otp", { to: "+919876543210" })).status, 200);
  assert.deepEqual([first.requests.length, second.requests.length], [0, 1]);
  assert.equal((await service.post("send-otp", { to: "+917876543210" })).status, 200);
  assert.deepEqual([first.requests.length, second.requests.length], [1, 1]);
  assert.equal((await service.post("send-otp", { to: "+447400123456" })).status, 200);
  assert.deepEqual([first.requests.length, second.requests.length], [1, 2]);
  const blocked = await service.post("send-otp", { to: "+14155552671" }, { "idempotency-key": "k" });
  assert.deepEqual([blocked.status, blocked.body.errors[0].type], [403, "recipient_blocked"]);
  assert.deepEqual([first.requests.length, second.requests.length], [1, 2]);
});
