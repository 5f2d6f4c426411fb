/** What the vendors' own libraries take for signed, we take for signed, and nothing else. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { test } from "node:test";
import fc from "@antryk/testkit/inputs/fast-check";
import { provider as plivo } from "./plivo.ts";
import type { Gateway, ReceiptRequest } from "./port.ts";
import { provider as twilio } from "./twilio.ts";

const require = createRequire(import.meta.url);
const official = require("twilio") as {
  validateRequest(token: string, signature: string, url: string, params: object): boolean;
  validateRequestWithBody(token: string, signature: string, url: string, body: string): boolean;
};
const { getExpectedTwilioSignature } = require("twilio/lib/webhooks/webhooks") as {
  getExpectedTwilioSignature(token: string, url: string, params: object): string;
};
const { validateV3Signature } = require("plivo/dist/utils/v3Security") as {
  validateV3Signature(
    method: string,
    url: string,
    nonce: string,
    token: string,
    signature: string,
    params: object,
  ): boolean;
};

const authToken = "0123456789abcdef0123456789abcdef";
const context = { now: () => 0 } as never;

function requestOf(url: string, body: string, headers: Readonly<Record<string, string>>): ReceiptRequest {
  return {
    method: "POST",
    url,
    headers,
    query: URL.parse(url)?.searchParams ?? new URLSearchParams(),
    body: Buffer.from(body),
  };
}

const isTaken = (gateway: Gateway, request: ReceiptRequest) => gateway.parseReceipt?.(request).kind !== "forged";

/** Addresses as proxies and operators write them. */
const addresses = fc
  .tuple(
    fc.constantFrom(
      "https://otp.example.com",
      "https://otp.example.com:443",
      "https://otp.example.com:8443",
      "http://otp.example.com",
      "http://otp.example.com:80",
      "https://u:p@otp.example.com",
    ),
    fc.constantFrom("/receipts/twilio/tok", "/receipts/tw%69lio/a b", "/r\u00e9"),
    fc.constantFrom("", "?a=1", "?a=b%20c", "?a=b+c", "?a=1&a=2", "?q='x'", "?a=\u00e9"),
  )
  .map((parts) => parts.join(""));
const forms = fc.dictionary(
  fc.constantFrom("MessageSid", "MessageStatus", "ErrorCode", "To", "Body"),
  fc.oneof(fc.string({ maxLength: 12 }), fc.array(fc.string({ maxLength: 4 }), { minLength: 1, maxLength: 3 })),
);

function encoded(form: Readonly<Record<string, string | string[]>>): string {
  const body = new URLSearchParams();
  for (const [name, value] of Object.entries(form)) for (const each of [value].flat()) body.append(name, each);
  return body.toString();
}

const twilioGateway = twilio.create({ accountSid: `AC${"a".repeat(32)}`, authToken, from: "+14155550100" }, context);

test("twilio: forms, whatever the address looks like on its way", () => {
  fc.assert(
    fc.property(addresses, addresses, forms, (signedAs, cameAs, form) => {
      const signature = getExpectedTwilioSignature(authToken, signedAs, form);
      const request = requestOf(cameAs, encoded(form), { "x-twilio-signature": signature });
      assert.equal(
        isTaken(twilioGateway, request),
        official.validateRequest(authToken, signature, cameAs, form),
        `${signedAs} ${cameAs}`,
      );
    }),
    { numRuns: 1_000 },
  );
});

test("twilio: bodies whose hash the address has", () => {
  fc.assert(
    fc.property(addresses, fc.json(), fc.boolean(), (address, body, isChanged) => {
      const hash = createHash("sha256").update(body).digest("hex");
      const url = `${address}${address.includes("?") ? "&" : "?"}bodySHA256=${hash}`;
      const signature = getExpectedTwilioSignature(authToken, url, {});
      const came = isChanged ? `${body} ` : body;
      assert.equal(
        isTaken(twilioGateway, requestOf(url, came, { "x-twilio-signature": signature })),
        official.validateRequestWithBody(authToken, signature, url, came),
      );
    }),
  );
});

const plivoGateway = plivo.create({ authId: "MA", authToken, from: "+14155550100" }, context);

test("plivo: version 3, as its library checks it", () => {
  const plain = fc.string({ maxLength: 8, unit: fc.constantFrom(..."abcXYZ019 -_") });
  const fields = fc.dictionary(fc.constantFrom("MessageUUID", "Status", "ErrorCode", "To"), plain);
  const urls = fc.constantFrom("https://otp.example.com/receipts/plivo/tok", "https://otp.example.com:8443/r?b=2&a=1");
  let taken = 0;
  fc.assert(
    fc.property(
      urls,
      fields,
      fc.string({ minLength: 1, maxLength: 12, unit: fc.constantFrom(..."abc0189") }),
      fc.boolean(),
      (url, form, nonce, isForged) => {
        const { createHmac } = require("node:crypto") as typeof import("node:crypto");
        const [base = "", query = ""] = url.split("?");
        const sorted = query.split("&").filter(Boolean).sort().join("&");
        const joined = Object.keys(form)
          .sort()
          .map((name) => name + form[name])
          .join("");
        const signed = `${base}${sorted || joined ? "?" : ""}${sorted}${sorted && joined ? "." : ""}${joined}`;
        const signature = createHmac("sha256", isForged ? "x" : authToken)
          .update(`${signed}.${nonce}`)
          .digest("base64");
        const headers = { "x-plivo-signature-v3": signature, "x-plivo-signature-v3-nonce": nonce };
        const theirs = validateV3Signature("POST", url, nonce, authToken, signature, form);
        taken += theirs ? 1 : 0;
        assert.equal(isTaken(plivoGateway, requestOf(url, new URLSearchParams(form).toString(), headers)), theirs, url);
      },
    ),
  );
  assert.ok(taken > 10, `${taken} were signed well`);
});
