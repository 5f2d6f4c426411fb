import assert from "node:assert/strict";
import { test } from "node:test";
import { createDispatcher } from "../../../packages/server/src/gateways/lib/http-client.ts";
import { SandboxInbox } from "../../../packages/server/src/gateways/sandbox/inbox.ts";
import { provider } from "../../../packages/server/src/gateways/smpp.ts";
import { Receivers } from "./receivers.ts";

test("one SMSC names its messages, one does not, and one keeps the codes until they are asked for", async () => {
  await using receivers = await Receivers.start();
  const { silent, naming, keeping } = receivers.addresses.smpp;
  assert.deepEqual(await sendBy(silent, "111111"), { outcome: "accepted", segments: 1 });
  assert.deepEqual(await sendBy(naming, "222222"), { outcome: "accepted", messageId: "2", segments: 1 });
  assert.deepEqual(await sendBy(keeping, "012345"), { outcome: "accepted", segments: 1 });
  assert.deepEqual(await receivers.codes(), new Map([["+919812345678", "012345"]]));
  assert.deepEqual(await receivers.codes(), new Map());
});

async function sendBy(url: string, code: string) {
  const dispatcher = createDispatcher();
  const config = { url, systemId: "bench", password: "bench", from: "+4915112345678" };
  const onReceipts = async () => undefined;
  const gateway = provider.create(config, { dispatcher, sandbox: new SandboxInbox(), now: Date.now, onReceipts });
  const text = `${code} is your Acme code. It expires in 5 min.`;
  const message = { id: code, to: "+919812345678", text, serviceId: "bench", verificationId: code };
  const result = await gateway.send(message, new AbortController().signal);
  await gateway.close?.();
  await dispatcher.close();
  return result;
}
