/** A service's own gateway keeps its connection for as long as the service has these settings, and no longer. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { startService } from "@antryk/testkit/service";
import { command, TestSmsc } from "@antryk/testkit/smsc";
import { until } from "@antryk/testkit/until";
import { changeService, newService, type ServiceChanges } from "../administration/services.ts";
import { createDispatcher } from "../gateways/lib/http-client.ts";
import { SandboxInbox } from "../gateways/sandbox/inbox.ts";
import { Keyring, newKeyring } from "../keyring/keyring.ts";
import { createLog } from "../observe/log.ts";
import { openSqliteStore } from "../store/sqlite/open.ts";
import { GatewayDirectory } from "./gateways.ts";

const to = "+919876543210";
const ownOf = (smsc: TestSmsc, password = "right"): ServiceChanges => ({
  provider: "smpp",
  config: { url: `smpp://127.0.0.1:${smsc.port}`, systemId: "a", password },
});

test("other settings, or routes, end the connection of the old ones", async () => {
  await using first = await new TestSmsc().listen();
  await using second = await new TestSmsc().listen();
  const keyring = new Keyring(newKeyring());
  const store = openSqliteStore({ path: ":memory:" });
  const dispatcher = createDispatcher();
  const gateways = new GatewayDirectory({
    context: { dispatcher, sandbox: new SandboxInbox(), now: Date.now },
    keyring,
    store,
    log: createLog("silent"),
    retireMs: 10,
  });
  const made = newService(randomUUID(), "Acme", ownOf(first), keyring, 0);
  assert.ok(made.kind === "service");
  const plan = async (changes: object) =>
    (await gateways.planFor({ ...made.service, ...changes }, "sms", to))?.gateways[0]?.gateway;
  const gone = (smsc: TestSmsc) => until(() => smsc.connections === 0, { what: "the connection ends" });
  const bound = (smsc: TestSmsc) => until(() => smsc.countOf(command.bindTransceiver) >= 1, { what: "a bind" });
  const kept = await plan({});
  assert.equal(await plan({}), kept, "one connection for all sends");
  await bound(first);
  const changed = changeService(made.service, ownOf(second), keyring);
  assert.ok(changed.kind === "service");
  await plan(changed.service);
  await gone(first);
  await bound(second);
  assert.equal(second.connections, 1);
  await plan({ ...changed.service, routes: [{ match: "+1", gateways: ["x"], failoverOnTimeout: false }] });
  await gone(second);
  await gateways.close();
  await dispatcher.close();
  await store.close();
});

test("when the server stops it unbinds, and waits for that", async () => {
  await using smsc = await new TestSmsc().listen();
  const service = await startService({ service: ownOf(smsc) });
  assert.equal((await service.post("send-otp", { to })).status, 200);
  await service[Symbol.asyncDispose]();
  assert.equal(smsc.countOf(command.unbind), 1);
});
