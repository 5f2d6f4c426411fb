/**
 * What the vendors' own libraries take for signed, we take for signed, and nothing else. Telnyx's library is 37 MB, and
 * Sinch's does not export its check: their forms stand in the tests of their gateways. Bird's are Standard Webhooks, by
 * whose library they are checked.
 */
import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { createRequire } from "node:module";
import { test } from "node:test";
import fc from "@antryk/testkit/inputs/fast-check";
import { verifySignature } from "@vonage/jwt";
import { provider as plivo } from "./plivo.ts";
import type { Gateway, ReceiptRequest } from "./port.ts";
import { provider as twilio } from "./twilio.ts";
import { provider as vonage } from "./vonage.ts";

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
const { validateSignature } = require("plivo/dist/utils/security") as {
  validateSignature(url: string, nonce: string, signature: string, token: string): boolean;
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

test("plivo: version 2, by the address without its query", () => {
  const nonce = "05429567804466091622";
  let taken = 0;
  for (const url of ["https://otp.example.com/r/tok", "https://otp.example.com:8443/r/tok?a=1", "http://10.1.2.3/r"])
    for (const signed of [url, url.split("?")[0], `${url}x`])
      for (const token of [authToken, "another"])
        for (const end of ["", "x"]) {
          const signature = createHmac("sha256", token).update(`${signed}${nonce}`).digest("base64") + end;
          const headers = { "x-plivo-signature-v2": signature, "x-plivo-signature-v2-nonce": nonce };
          const theirs = validateSignature(url, nonce, signature, authToken);
          taken += theirs ? 1 : 0;
          assert.equal(isTaken(plivoGateway, requestOf(url, "Status=sent", headers)), theirs, `${url} ${signed}`);
        }
  assert.equal(taken, 5);
});

test("vonage: tokens by algorithm, times and secret", () => {
  const secret = "vonage-signature-secret-of-32-bytes";
  const settings = { applicationId: "0".repeat(36), privateKey: "none", signatureSecret: secret, from: "Acme" };
  const gateway = vonage.create(settings, { now: Date.now } as never);
  const body = JSON.stringify({ message_uuid: "u", status: "delivered" });
  const claims = { payload_hash: createHash("sha256").update(body).digest("hex") };
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const now = Math.floor(Date.now() / 1000);
  const hour = 3_600;
  let taken = 0;
  for (const [alg, digest] of [
    ["HS256", "sha256"],
    ["HS512", "sha512"],
    ["HS512", "sha256"],
    ["HS256", "sha512"],
    ["hs256", "sha256"],
    ["RS256", "sha256"],
    ["none", "sha256"],
    [undefined, "sha256"],
  ] as const)
    for (const times of [
      {},
      { iat: 1 },
      { iat: now, exp: now + hour },
      { exp: now - hour },
      { exp: now },
      { nbf: now - hour },
      { nbf: now + hour },
      { exp: "later" },
      { nbf: null },
    ])
      for (const key of [secret, "another"]) {
        const signed = `${part({ alg, typ: "JWT" })}.${part({ ...claims, ...times })}`;
        const whole = `${signed}.${createHmac(digest, key).update(signed).digest("base64url")}`;
        for (const token of [whole, `${whole}=`, `${whole}x`, whole.slice(0, -1)]) {
          const theirs = verifySignature(token, secret);
          taken += theirs ? 1 : 0;
          const request = requestOf("https://otp.example.com/r", body, { authorization: `Bearer ${token}` });
          assert.equal(isTaken(gateway, request), theirs, `${alg} ${digest} ${JSON.stringify(times)} ${token}`);
        }
      }
  assert.equal(taken, 4);
});
