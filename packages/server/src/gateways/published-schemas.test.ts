/** The requests that we send, on the wire, against what the gateways publish of them. */
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { parseBody } from "@antryk/testkit/gateways/http-kit";
import * as published from "@antryk/testkit/gateways/published-schemas";
import { receiptUrl } from "@antryk/testkit/gateways/receipt-kit";
import { devanagariMessage, gsm7Message, Rig } from "@antryk/testkit/gateways/rig";
import { reply } from "@antryk/testkit/gateways/scripted-server";
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { provider as bird } from "./bird.ts";
import { provider as infobip } from "./infobip.ts";
import type { Provider } from "./port.ts";
import { provider as twilio } from "./twilio.ts";
import { provider as vonage } from "./vonage.ts";

// A form's values are all text.
const ajv = new Ajv2020({ allErrors: true, coerceTypes: true });
formats.default(ajv);

const { privateKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
});
const accountSid = `AC${"0".repeat(32)}`;

const requests: readonly (readonly [string, Provider, Record<string, string>, object])[] = [
  ["a number", twilio, { accountSid, authToken: "t", from: "+14155552345" }, published.twilioCreateMessage],
  [
    "a Messaging Service",
    twilio,
    { accountSid, authToken: "t", from: `MG${"a".repeat(32)}` },
    published.twilioCreateMessage,
  ],
  [
    "a number",
    vonage,
    { applicationId: crypto.randomUUID(), privateKey, from: "447700900001" },
    published.vonageOutboundSmsText,
  ],
  ["a name", bird, { apiKey: "bk_eu1_X", from: "Acme" }, published.birdSmsMessageSendRequest],
  ["a name", infobip, { apiKey: "k", from: "Acme" }, published.infobipSmsRequest],
];

for (const [sender, provider, config, schema] of requests) {
  test(`${provider.id}: a request from ${sender} is one that the gateway publishes`, async () => {
    const validate = ajv.compile(schema);
    for (const url of [receiptUrl, undefined])
      for (const message of [gsm7Message, devanagariMessage]) {
        const subject = {
          provider,
          config: (baseUrl: string) => ({ ...config, baseUrl }),
          secrets: [],
          ...(url ? { receiptUrl: url } : {}),
        };
        await using rig = await Rig.start(subject, reply(400, {}));
        await rig.send(message);
        const [sent] = rig.server.requests;
        assert.ok(sent);
        assert.ok(validate(parseBody(sent)), ajv.errorsText(validate.errors));
      }
  });
}

test("the schemas refuse a field that the gateway does not have", () => {
  for (const [, , , schema] of requests) assert.ok(!ajv.compile(schema)({ To: "+1", to: "1", colour: "red" }));
});
