/** Budgets: never exceeded, counted by what messages cost, and given back what was not spent. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { replies, resets, startGateway } from "@antryk/testkit/gateway";
import { assertError, newRecipient, sent, typeOf } from "@antryk/testkit/http/expect";
import { startService, type TestCaller, type TestReply } from "@antryk/testkit/service";
import { until } from "@antryk/testkit/until";
import { newGateway } from "../../administration/gateways.ts";
import type { ServiceChanges } from "../../administration/services.ts";
import type { PolicyDecision } from "../../model/policy-decision.ts";
import type { Budget, Price } from "../../model/price.ts";
import type { MoneyChanges } from "../../store/ports/accounts.ts";

const hour = 3_600_000;
const cent = 10_000;
const first = await startGateway();
const second = await startGateway();
const service = await startService();
for (const [name, { url, secret }] of [
  ["first", first],
  ["second", second],
] as const) {
  const limits = { maxConcurrent: null, maxPerSecond: null };
  const made = newGateway({ name, provider: "http", settings: { url, secret }, ...limits }, service.keyring, 0);
  assert.ok(made.kind === "gateway");
  assert.ok(await service.store.createGateway(made.gateway));
}
after(async () => {
  await service[Symbol.asyncDispose]();
  await first[Symbol.asyncDispose]();
  await second[Symbol.asyncDispose]();
});

const budget = (count: number, windowMs = hour): Budget[] => [{ count, windowMs }];

/** A caller whose account has a currency, and messages of which each segment costs a cent unless `prices` say more. */
async function caller(changes: ServiceChanges, money: MoneyChanges = {}, prices: readonly Price[] = []) {
  const made = await service.addCaller(changes);
  const all = { currency: "EUR", defaultPriceMicros: cent, ...money };
  await service.store.updateAccount(made.accountId, { money: all });
  if (prices.length > 0) await service.store.putPrices(made.accountId, prices, () => undefined);
  return made;
}

const send = (by: TestCaller, to = newRecipient()): Promise<TestReply> => service.post("send-otp", { to }, {}, by);

const used = ({ accountId, serviceId }: TestCaller, limit: Budget[], subject = serviceId): Promise<number> =>
  service.store.used(accountId, { scope: "budget", subject, limit: limit[0] as Budget });

function assertOver(reply: TestReply): void {
  assert.equal(typeOf(reply), "recipient_blocked");
  assert.equal(reply.status, 403);
  assert.equal(reply.body.errors[0].reason, "budget");
  assert.ok(Number(reply.headers.get("retry-after")) >= 1);
}

const routed = (more: { failoverOnTimeout?: boolean } = {}): ServiceChanges => ({
  routes: [{ match: "*", gateways: ["first", "second"], failoverOnTimeout: false, ...more }],
});
const two: Price[] = [
  { country: "*", gateway: "first", micros: cent },
  { country: "*", gateway: "second", micros: 5 * cent },
];

for (const [micros, passes] of [
  [cent, 20],
  [7_000, 28],
  [33_333, 6],
] as const) {
  test(`64 parallel sends at ${micros} micros: a budget of 0.20 lets exactly ${passes} through`, async () => {
    const budgets = budget(20 * cent);
    const by = await caller({ budgets }, { defaultPriceMicros: micros });
    const replies = await Promise.all(Array.from({ length: 64 }, () => send(by)));
    assert.equal(replies.filter(({ status }) => status === 200).length, passes);
    for (const reply of replies) if (reply.status !== 200) assertOver(reply);
    assert.equal(await used(by, budgets), passes * micros);
  });
}

test("what a gateway refuses is given back, whatever was counted", async () => {
  const budgets = budget(5 * cent);
  const by = await caller({ ...routed(), budgets }, {}, two);
  first.behave(replies(500));
  second.behave(replies(500));
  for (let n = 0; n < 3; n += 1) assert.equal(typeOf(await send(by)), "provider_unavailable");
  assert.equal(await used(by, budgets), 0);
  first.behave(replies(204));
  second.behave(replies(204));
  assert.equal((await send(by)).status, 200);
});

test("64 parallel sends over two gateways: what is spent stays within the budget, and the rest comes back", async () => {
  const budgets = budget(20 * cent);
  const by = await caller({ ...routed(), budgets }, {}, two);
  const replies = await Promise.all(Array.from({ length: 64 }, () => send(by)));
  const passed = replies.filter(({ status }) => status === 200).length;
  assert.ok(passed >= 4 && passed <= 20, String(passed));
  assert.equal(await used(by, budgets), passed * cent);
});

test("a refusal is kept as a decision that names the budget", async () => {
  const by = await caller({ countryBudgets: { IN: budget(cent) } });
  await send(by);
  // The records of one second are bounded.
  service.clock.advance(60_000);
  const over = await send(by);
  assertOver(over);
  const { decisionId } = over.body.errors[0];
  const kept = async () => {
    const found: PolicyDecision[] = [];
    await service.store.decisionsSince(0, (each) => found.push(each));
    return found.find((each) => each.decisionId === decisionId);
  };
  const decision = await until(kept, { what: () => "the decision is kept" });
  const { reason, rule, threshold, mode } = decision;
  assert.deepEqual(
    { reason, rule, threshold, mode },
    { reason: "budget", rule: "service_country", threshold: cent, mode: "enforce" },
  );
});

test("a send of unknown outcome keeps all that was reserved", async () => {
  const budgets = budget(5 * cent);
  const by = await caller({ ...routed(), budgets }, {}, two);
  first.behave(resets);
  assertError(await send(by), "provider_unavailable", { shouldRetry: false, mayHaveBeenSent: true });
  first.behave(replies(204));
  assert.equal(await used(by, budgets), 5 * cent);
  assertOver(await send(by));
});

test("the dearest gateway is reserved, and the difference comes back once a cheaper one has taken it", async () => {
  const budgets = budget(6 * cent);
  const by = await caller({ ...routed(), budgets }, {}, two);
  assert.equal((await send(by)).status, 200);
  assert.equal(await used(by, budgets), cent);
  assert.equal((await send(by)).status, 200);
  assert.equal(await used(by, budgets), 2 * cent);
  assertOver(await send(by));
  assert.equal(await used(by, budgets), 2 * cent, "a refusal counts nothing");
});

test("two gateways that may both have sent it cost both, and never more than was reserved", async () => {
  const budgets = budget(20 * cent);
  const by = await caller({ ...routed({ failoverOnTimeout: true }), budgets }, {}, [
    { country: "*", gateway: "first", micros: 2 * cent },
    { country: "*", gateway: "second", micros: 3 * cent },
  ]);
  first.behave(resets);
  assert.equal((await send(by)).status, 200);
  first.behave(replies(204));
  assert.equal(await used(by, budgets), 3 * cent);
});

test("a country's budget does not touch its neighbour's, nor one that has none", async () => {
  const IN = budget(cent);
  const by = await caller({ countryBudgets: { IN, "*": budget(2 * cent) } });
  assert.equal((await send(by, "+919876543210")).status, 200);
  assertOver(await send(by, "+919876543211"));
  for (const to of ["+447400123456", "+447400123457", "+33612345678"]) assert.equal((await send(by, to)).status, 200);
  assertOver(await send(by, "+447400123458"));
  assert.equal((await send(by, "+33612345679")).status, 200);
  assert.equal(await used(by, IN, `${by.serviceId} IN`), cent);
});

test("an account's budget counts for all its services, and another account's is another", async () => {
  const { newService } = await import("../../administration/services.ts");
  const budgets = budget(2 * cent);
  const by = await caller({}, { budgets });
  const made = newService(by.accountId, "Beta", {}, service.keyring, service.clock.now());
  assert.ok(made.kind === "service");
  await service.store.createService(made.service);
  const other = { ...by, serviceId: made.service.id };
  assert.deepEqual([(await send(by)).status, (await send(other)).status], [200, 200]);
  for (const each of [by, other]) assertOver(await send(each));
  assert.equal((await send(await caller({}, { budgets }))).status, 200);
});

test("a budget lets go once its window has passed", async () => {
  const by = await caller({ budgets: budget(cent, 60_000) });
  assert.equal((await send(by)).status, 200);
  const over = await send(by);
  assertOver(over);
  service.clock.advance(Number(over.headers.get("retry-after")) * 1000);
  assert.equal((await send(by)).status, 200);
});

test("a resend costs as much as a send, and without room for it the code stays pending", async () => {
  const budgets = budget(2 * cent);
  const by = await caller({ budgets });
  const to = newRecipient();
  await send(by, to);
  service.clock.advance(30_000);
  assert.equal((await service.post("resend-otp", { to }, {}, by)).status, 200);
  assert.equal(await used(by, budgets), 2 * cent);
  service.clock.advance(60_000);
  assertOver(await service.post("resend-otp", { to }, {}, by));
  const verified = await service.post("verify-otp", { to, otp: service.lastCode(to) }, {}, by);
  assert.equal(verified.body.data.valid, true);
});

test("a message of two segments costs twice, and the price of a country goes before that of all", async () => {
  const budgets = budget(20 * cent);
  const by = await caller({ budgets, template: `{code} ${"x".repeat(160)}` }, {}, [
    { country: "IN", gateway: "sandbox", micros: 3 * cent },
    { country: "*", gateway: "*", micros: cent },
  ]);
  await send(by, "+919876543220");
  assert.equal(await used(by, budgets), 6 * cent);
  await send(by, "+447400123466");
  assert.equal(await used(by, budgets), 8 * cent);
});

test("a message without a known price passes and counts nothing; the log says so once for a country and gateway", async () => {
  const budgets = budget(cent);
  const by = await caller({ budgets }, { defaultPriceMicros: null });
  for (let n = 0; n < 3; n += 1) assert.equal((await send(by)).status, 200);
  assert.equal(await used(by, budgets), 0);
  const lines = service.logLines.filter((line) => line.includes("price_unknown") && line.includes(by.accountId));
  assert.equal(lines.length, 1);
});

test("without a currency no budget counts", async () => {
  const by = await service.addCaller({ budgets: budget(cent) });
  for (let n = 0; n < 3; n += 1) assert.equal((await send(by)).status, 200);
});

test("amounts past 32 bits count in full", async () => {
  const price = 5_000_000_000;
  const budgets = budget(3 * price);
  const by = await caller({ budgets }, { currency: "VND", defaultPriceMicros: price });
  const replies = await Promise.all(Array.from({ length: 8 }, () => send(by)));
  assert.equal(replies.filter(({ status }) => status === 200).length, 3);
  assert.equal(await used(by, budgets), 3 * price);
});

test("what is spent is counted by currency and gateway", async () => {
  await sent(service, newRecipient());
  const metrics = await (await fetch(`${service.operationsUrl}/metrics`)).text();
  assert.match(metrics, /antryk_spent_micros_total\{currency="EUR",gateway="first"\} \d+/);
});
