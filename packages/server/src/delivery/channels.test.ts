/** A plan has only gateways that carry the message's channel. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, test } from "node:test";
import { serviceWith } from "@antryk/testkit/inputs/services";
import { createDispatcher } from "../gateways/lib/http-client.ts";
import { SandboxInbox } from "../gateways/sandbox/inbox.ts";
import { Keyring, newKeyring } from "../keyring/keyring.ts";
import type { Channel } from "../model/channel.ts";
import { defaultGateway } from "../model/gateway.ts";
import { createLog } from "../observe/log.ts";
import { openSqliteStore } from "../store/sqlite/open.ts";
import { GatewayDirectory } from "./gateways.ts";

const to = "+919876543210";
/** A channel that the sandbox does not carry. */
const unheard = "semaphore" as string as Channel;

const store = openSqliteStore({ path: ":memory:" });
const dispatcher = createDispatcher();
const gateways = new GatewayDirectory({
  context: { dispatcher, sandbox: new SandboxInbox(), now: Date.now },
  keyring: new Keyring(newKeyring()),
  store,
  log: createLog("silent"),
});
after(async () => {
  await gateways.close();
  await dispatcher.close();
  await store.close();
});

test("a service's own gateway that does not carry the channel makes no plan", async () => {
  const service = serviceWith();
  assert.equal((await gateways.planFor(service, "sms", to))?.gateways.length, 1);
  assert.equal(await gateways.planFor(service, unheard, to), undefined);
});

test("a route whose gateways do not carry the channel makes no plan", async () => {
  const record = { id: randomUUID(), name: "box", provider: "sandbox", sealedConfig: null, receiptToken: "t" };
  assert.ok(await store.createGateway({ ...defaultGateway, ...record, createdAt: 0 }));
  const service = serviceWith({ routes: [{ match: "*", gateways: ["box"], failoverOnTimeout: false }] });
  assert.equal((await gateways.planFor(service, "sms", to))?.gateways.length, 1);
  assert.equal(await gateways.planFor(service, unheard, to), undefined);
});
