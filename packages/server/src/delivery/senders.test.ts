/** What messages come from, over the whole service: by route and gateway, by service, by gateway. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { replies, startGateway } from "@antryk/testkit/gateway";
import { startReceiver } from "@antryk/testkit/receiver";
import { startService, type TestService } from "@antryk/testkit/service";
import { command, TestSmsc } from "@antryk/testkit/smsc";
import { until } from "@antryk/testkit/until";
import { newGateway } from "../administration/gateways.ts";
import type { ServiceChanges } from "../administration/services.ts";
import { parseRoute } from "../policy/route-notation.ts";

const to = "+919876543210";
const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

function routes(...texts: string[]): Pick<ServiceChanges, "routes"> {
  const read = texts.map(parseRoute).filter((route) => typeof route !== "string");
  assert.equal(read.length, texts.length);
  return { routes: read };
}

async function addGateway(
  service: TestService,
  name: string,
  provider: string,
  settings: Record<string, string>,
): Promise<void> {
  const made = newGateway({ name, provider, settings }, service.keyring, service.store.now());
  assert.ok(made.kind === "gateway", JSON.stringify(made));
  await service.store.createGateway(made.gateway);
}

test("send and resend say the route's sender, else the service's, else none", async () => {
  await using receiver = await startReceiver();
  await using service = await startService({
    service: { ...routes("IN=own[ACMEIN]", "DE=own", "*=own"), sender: "Acme" },
  });
  await addGateway(service, "own", "http", { url: receiver.url, secret });
  assert.equal((await service.post("send-otp", { to })).status, 200);
  service.clock.advance(60_000);
  assert.equal((await service.post("resend-otp", { to })).status, 200);
  assert.equal((await service.post("send-otp", { to: "+4915112345678" })).status, 200);
  const plain = await service.addCaller(routes("*=own"));
  assert.equal((await service.post("send-otp", { to: "+4915112345678" }, {}, plain)).status, 200);
  const alone = await service.addCaller({ provider: "http", config: { url: receiver.url, secret }, sender: "Alone" });
  assert.equal((await service.post("send-otp", { to }, {}, alone)).status, 200);
  assert.deepEqual(
    receiver.messages.map(({ sender }) => sender),
    ["ACMEIN", "ACMEIN", "Acme", undefined, "Alone"],
  );
});

test("after a failover the message comes from the next gateway's sender", async () => {
  await using first = await startGateway(replies(503));
  await using second = await startReceiver();
  await using service = await startService({ service: { ...routes("*=first[First],second[Second]") } });
  await addGateway(service, "first", "http", { url: first.url, secret: first.secret });
  await addGateway(service, "second", "http", { url: second.url, secret });
  assert.equal((await service.post("send-otp", { to })).status, 200);
  assert.deepEqual(
    second.messages.map(({ sender }) => sender),
    ["Second"],
  );
});

test("for India the header of DLT is the sender, and a sender of a route for India alone is the header", async () => {
  await using smsc = await new TestSmsc().listen();
  const template = "{code} is your Acme code. It expires in {minutes} min. Do not share it with anyone.";
  const dlt = {
    entityId: "1201159123456789012",
    templateId: "1207161234567890123",
    header: "ACMEIN",
    text: "{#var#} is your Acme code. It expires in {#var#} min. Do not share it with anyone.",
  };
  await using service = await startService({
    service: { ...routes("*=smsc[Shop]", "+9198=smsc[ACMETX]"), sender: "Acme", template, messages: { dlt } },
  });
  await addGateway(service, "smsc", "smpp", { url: `smpp://127.0.0.1:${smsc.port}`, systemId: "a", password: "b" });
  for (const number of ["+917012345678", to, "+4915112345678"])
    assert.equal((await service.post("send-otp", { to: number })).status, 200);
  await until(() => smsc.received.filter(({ id }) => id === command.submitSm).length === 3, { what: "all are there" });
  assert.deepEqual(
    smsc.submits.map(({ from, fromPlan, tlvs }) => [from, fromPlan[0], tlvs.has(0x1400)]),
    [
      ["ACMEIN", 5, true],
      ["ACMETX", 5, true],
      ["Shop", 5, false],
    ],
  );
});
