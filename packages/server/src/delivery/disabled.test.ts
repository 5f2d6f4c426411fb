/** Gateways that an operator has disabled: routes pass over them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { startGateway, type TestGateway } from "@antryk/testkit/gateway";
import { startService, type TestService } from "@antryk/testkit/service";
import { addGateway, updateGateway } from "../administration/gateways.ts";
import { updateService } from "../administration/services.ts";

const to = "+919876543210";

/** A service with one route through the gateways, in this order. */
async function start(gateways: Readonly<Record<string, TestGateway>>): Promise<TestService> {
  const service = await startService();
  for (const [name, { url, secret }] of Object.entries(gateways))
    assert.equal((await addGateway(service, { name, provider: "http", settings: { url, secret } })).kind, "gateway");
  const routes = [{ match: "*", gateways: Object.keys(gateways), failoverOnTimeout: false }];
  assert.equal((await updateService(service, service.serviceId, { routes })).kind, "service");
  return service;
}

const disable = async (service: TestService, name: string) =>
  assert.equal((await updateGateway(service, name, { enabled: false })).kind, "gateway");

test("a message leaves by the first gateway of the route that is enabled; no other is in its timeline", async () => {
  await using first = await startGateway();
  await using second = await startGateway();
  await using service = await start({ first, second });
  await disable(service, "first");
  const sent = await service.post("send-otp", { to });
  assert.equal(sent.status, 200, JSON.stringify(sent.body));
  assert.deepEqual([first.requests.length, second.requests.length], [0, 1]);
  const record = await service.store.findVerification(service.accountId, sent.body.data.verificationId);
  assert.deepEqual(
    record?.deliveries.map(({ gateway }) => gateway),
    ["second"],
  );
});

test("if all are disabled the send is refused as if all had refused it: nothing is pending or counted", async () => {
  await using first = await startGateway();
  await using second = await startGateway();
  await using service = await start({ first, second });
  for (const name of ["first", "second"]) await disable(service, name);
  for (let n = 0; n < 4; n += 1) {
    const { status, body } = await service.post("send-otp", { to });
    assert.deepEqual([status, body.errors[0].type], [500, "provider_unavailable"]);
  }
  assert.equal((await service.post("verify-otp", { to, otp: "123456" })).status, 404);
  assert.deepEqual([first.requests.length, second.requests.length], [0, 0]);
  assert.equal(service.logLines.filter((line) => line.includes('"event":"route_disabled"')).length, 4);
  const health = await (await fetch(`${service.operationsUrl}/gateways/health`)).text();
  assert.match(health, /"name":"first".*"name":"second"/, "they run on, for the receipts of what they took before");
});
