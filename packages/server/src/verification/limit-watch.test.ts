import assert from "node:assert/strict";
import { test } from "node:test";
import { startService } from "@antryk/testkit/service";
import { examineStore } from "../administration/examine.ts";
import { createLog } from "../observe/log.ts";
import { LimitWatch } from "./limit-watch.ts";

const hour = 3_600_000;

test("from four fifths of a limit on, the log says so once in its window, and doctor as long as it holds", async () => {
  const limit = { count: 5, windowMs: hour };
  await using service = await startService({
    service: { serviceLimits: [limit] },
    accountLimits: [{ count: 9, windowMs: hour }],
  });
  const lines: Record<string, unknown>[] = [];
  const log = createLog("info", { write: (line) => lines.push(JSON.parse(line)) });
  const watch = new LimitWatch({ store: service.store, log });
  const { accountId, serviceId } = service;
  const charges = [
    { scope: "service" as const, subject: serviceId, limit },
    { scope: "account" as const, subject: accountId, limit: { count: 9, windowMs: hour } },
    { scope: "client" as const, subject: `${serviceId} 203.0.113.7`, limit },
  ];
  const look = async () => {
    watch.charged(accountId, charges);
    await watch.look();
    return lines.splice(0).map(({ event, scope, used }) => ({ event, scope, used }));
  };
  for (let n = 1; n <= 3; n += 1) await service.post("send-otp", { to: `+91987650000${n}` });
  assert.deepEqual(await look(), []);
  assert.deepEqual((await examineStore(service.store)).nearLimits, []);
  await service.post("send-otp", { to: "+919876500004" });
  assert.deepEqual(await look(), [{ event: "limit_near", scope: "service", used: 4 }]);
  assert.deepEqual(await look(), [], "said once");
  const [near, ...more] = (await examineStore(service.store)).nearLimits;
  assert.equal(
    near,
    `service ${serviceId}: 4 of 5/1h are used; to raise it: antryk service update ${serviceId} --service-limit …`,
  );
  assert.deepEqual(more, []);
  service.clock.advance(2 * hour);
  assert.deepEqual(await look(), []);
  for (let n = 1; n <= 5; n += 1) await service.post("send-otp", { to: `+91987650001${n}` });
  assert.deepEqual(await look(), [{ event: "limit_near", scope: "service", used: 5 }]);
});

test("from four fifths of a budget on, the log says so once in its window, and doctor how to raise it", async () => {
  const limit = { count: 50_000, windowMs: hour };
  await using service = await startService({ service: { budgets: [limit], countryBudgets: { IN: [limit] } } });
  const { accountId, serviceId } = service;
  const money = { currency: "EUR", defaultPriceMicros: 10_000 };
  await service.store.updateAccount(accountId, { money });
  const lines: Record<string, unknown>[] = [];
  const log = createLog("info", { write: (line) => lines.push(JSON.parse(line)) });
  const watch = new LimitWatch({ store: service.store, log });
  const look = async () => {
    watch.charged(accountId, [{ scope: "budget", subject: serviceId, limit, cost: 10_000 }]);
    await watch.look();
    return lines.splice(0).map(({ event, used }) => ({ event, used }));
  };
  for (let n = 1; n <= 3; n += 1) await service.post("send-otp", { to: `+91987650000${n}` });
  assert.deepEqual(await look(), []);
  await service.post("send-otp", { to: "+919876500004" });
  assert.deepEqual(await look(), [{ event: "budget_near", used: 40_000 }]);
  assert.deepEqual(await look(), [], "said once");
  const text = "0.04 of 0.05/1h are spent; to raise it: antryk service update";
  assert.deepEqual((await examineStore(service.store)).nearLimits, [
    `budget of service ${serviceId}: ${text} ${serviceId} --budget …`,
    `budget of service ${serviceId} IN: ${text} ${serviceId} --country-budget IN=…`,
  ]);
});

test("doctor warns of a service's budget that counts nothing, because its account has no currency", async () => {
  await using service = await startService({ service: { budgets: [{ count: 50_000, windowMs: hour }] } });
  const { accountId, serviceId } = service;
  const of = async () => (await examineStore(service.store)).warnings.filter((each) => each.includes("budget"));
  assert.deepEqual(await of(), [
    `service ${serviceId} has a budget, which counts nothing: antryk account update ${accountId} --currency EUR`,
  ]);
  await service.store.updateAccount(accountId, { money: { currency: "EUR" } });
  assert.deepEqual(await of(), []);
});
