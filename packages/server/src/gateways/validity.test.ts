/** A gateway tries to deliver a message for as long as its code lives: what comes later confuses people. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { gsm7Message } from "@antryk/testkit/gateways/rig";
import { ScriptedServer } from "@antryk/testkit/gateways/scripted-server";
import { TestSmsc } from "@antryk/testkit/smsc";
import { createDispatcher } from "./lib/http-client.ts";
import { providers } from "./registry.ts";
import { SandboxInbox } from "./sandbox/inbox.ts";

const message = { ...gsm7Message, validForMs: 119_001 };
const now = Date.UTC(2026, 10, 26, 12);

const wanted: Readonly<Record<string, { readonly config: (url: string) => object; readonly says: RegExp }>> = {
  aws: {
    config: (baseUrl) => ({ accessKeyId: "AKIAEXAMPLE", secretAccessKey: "secret", region: "eu-west-1", baseUrl }),
    says: /"TimeToLive":120\b/,
  },
  infobip: {
    config: (baseUrl) => ({ apiKey: "key", from: "Acme", baseUrl }),
    says: /"validityPeriod":\{"amount":2,"timeUnit":"MINUTES"\}/,
  },
  sinch: {
    config: (baseUrl) => ({ servicePlanId: "plan", apiToken: "token", from: "Acme", baseUrl }),
    says: /"expire_at":"2026-11-26T12:02:00\.000Z"/,
  },
  twilio: {
    config: (baseUrl) => ({
      accountSid: `AC${"a".repeat(32)}`,
      authToken: "b".repeat(32),
      from: "+14155550100",
      baseUrl,
    }),
    says: /ValidityPeriod=120\b/,
  },
  kannel: { config: (url) => ({ url, username: "a", password: "b" }), says: /validity=2\b/ },
};

for (const [id, { config, says }] of Object.entries(wanted))
  test(`${id}: the message is valid as long as its code`, async () => {
    let heard = "";
    await using server = await new ScriptedServer((socket, { path, body }) => {
      heard = `${path} ${body.toString("utf8")}`;
      socket.end("HTTP/1.1 503 Unavailable\r\ncontent-length: 0\r\n\r\n");
    }).listen();
    const dispatcher = createDispatcher();
    const gateway = providers.get(id)?.create(config(server.url) as never, {
      dispatcher,
      sandbox: new SandboxInbox(),
      now: () => now,
    });
    await gateway?.send(message, new AbortController().signal);
    assert.match(heard, says);
    await gateway?.close?.();
    await dispatcher.destroy();
  });

test("smpp: to the second, and never more than a code can live if nobody says how long it does", async () => {
  await using smsc = await new TestSmsc().listen();
  const config = { url: `smpp://127.0.0.1:${smsc.port}`, systemId: "a", password: "b" };
  const gateway = providers.get("smpp")?.create(config, { now: () => now } as never);
  await gateway?.send(message, new AbortController().signal);
  await gateway?.send(gsm7Message, new AbortController().signal);
  assert.deepEqual(
    smsc.submits.map(({ validity }) => validity),
    ["000000000200000R", "000000001000000R"],
  );
  await gateway?.close?.();
});
