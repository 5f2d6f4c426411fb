import assert from "node:assert/strict";
import { createHash, createHmac, generateKeyPairSync, verify } from "node:crypto";
import { test } from "node:test";
import { httpGatewayConformance } from "@antryk/testkit/gateways/http-kit";
import { receiptUrl } from "@antryk/testkit/gateways/receipt-kit";
import { devanagariMessage, gsm7Message, Rig } from "@antryk/testkit/gateways/rig";
import { reply } from "@antryk/testkit/gateways/scripted-server";
import type { FailureClass, Receipt, ReceiptRequest } from "./port.ts";
import { provider } from "./vonage.ts";

const { privateKey, publicKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
});
const applicationId = "aaaaaaaa-bbbb-cccc-dddd-0123456789ab";
const signatureSecret = "vonage-signature-secret-of-32-bytes";
const uuid = "aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab";
const config = (baseUrl: string) => ({ applicationId, privateKey, signatureSecret, from: "447700900001", baseUrl });

const refusal = (code: string, status: number, failure: FailureClass, title = "An error occurred") => ({
  name: `${status} ${code}${title === "An error occurred" ? "" : `, ${title}`}`,
  status,
  body: {
    type: `https://developer.vonage.com/api-errors${/^\d/.test(code) ? "/messages" : "/"}#${code}`,
    title,
    detail: `no ${gsm7Message.to}`,
    instance: "bf0ca0bf927b3b52e3cb03217e1a1ddf",
  },
  class: failure,
  detail: `HTTP ${status} code ${code}`,
});

/** As the OpenAPI file prints it. */
const status = (changes: object) => ({
  message_uuid: uuid,
  to: "919876543210",
  from: "447700900001",
  timestamp: "2025-02-03T12:14:25Z",
  channel: "sms",
  destination: { network_code: "12345" },
  sms: { count_total: "1" },
  usage: { currency: "EUR", price: "0.0333" },
  ...changes,
});
const receipt = (changes: Pick<Receipt, "status" | "code">): Receipt => ({
  messageId: uuid,
  at: "2025-02-03T12:14:25.000Z",
  ...changes,
});

const common = {
  message_type: "text",
  channel: "sms",
  to: "919876543210",
  webhook_url: receiptUrl,
  webhook_version: "v1",
};

const subject = { provider, config, secrets: [privateKey, privateKey.slice(100, 140), signatureSecret], receiptUrl };

httpGatewayConformance({
  ...subject,
  request: {
    method: "POST",
    path: "/v1/messages",
    headers: {
      authorization: /^Bearer [\w-]+\.[\w-]+\.[\w-]{342}$/,
      accept: "application/json",
      "content-type": "application/json",
    },
    gsm7: { ...common, from: "447700900001", text: gsm7Message.text },
    devanagari: {
      ...common,
      from: "ACMEIN",
      text: devanagariMessage.text,
      sms: { entity_id: "1201159123456789012", content_id: "1207161234567890123" },
    },
  },
  accepted: [
    { name: "202", status: 202, body: { message_uuid: uuid }, result: { outcome: "accepted", messageId: uuid } },
  ],
  refused: [
    refusal("unauthorized", 401, "auth"),
    refusal("unathorized", 401, "auth"),
    refusal("unprovisioned", 401, "auth"),
    refusal("jwt-expired", 401, "auth"),
    refusal("account-suspended", 403, "auth"),
    refusal("low-balance", 402, "quota"),
    refusal("throttled", 429, "rate_limited"),
    refusal("not-found", 404, "rejected"),
    refusal("invalid-json", 422, "rejected"),
    refusal("1000", 429, "rate_limited"),
    refusal("1020", 422, "rejected"),
    refusal("1030", 500, "unavailable"),
    refusal("1050", 422, "blocked"),
    refusal("1060", 403, "auth"),
    refusal("1070", 402, "quota"),
    refusal("1120", 422, "rejected", "Invalid sender"),
    refusal("110", 422, "invalid_recipient", "Invalid recipient"),
    refusal("1170", 422, "invalid_recipient"),
    refusal("1240", 422, "blocked"),
    refusal("1430", 422, "invalid_recipient"),
    refusal("1473", 422, "blocked"),
    refusal("1481", 422, "rejected"),
    refusal("9999", 422, "rejected"),
    { name: "402 without a code", status: 402, body: "", class: "quota" },
    {
      ...refusal("1000", 429, "rate_limited"),
      name: "1000 with Retry-After",
      headers: { "retry-after": "15" },
      retryAfterMs: 15_000,
    },
  ],
  unmarked: [{ name: "202 without a message_uuid", status: 202, body: { workflow_id: "x" } }],
  receipts: {
    samples: [
      { name: "submitted", body: status({ status: "submitted" }), expected: [receipt({ status: "sent" })] },
      { name: "delivered", body: status({ status: "delivered" }), expected: [receipt({ status: "delivered" })] },
      {
        name: "rejected, with its code",
        body: status({
          status: "rejected",
          error: { type: "https://developer.vonage.com/api-errors/messages#1250", title: "1250", detail: "Unroutable" },
        }),
        expected: [receipt({ status: "undelivered", code: "1250" })],
      },
      {
        name: "undeliverable",
        body: status({ status: "undeliverable" }),
        expected: [receipt({ status: "undelivered" })],
      },
    ],
    unknown: { name: "teleported", body: status({ status: "teleported" }), code: "teleported" },
    malformed: [{ name: "no message_uuid", body: status({ message_uuid: undefined, status: "delivered" }) }],
    sign,
    forged: [
      {
        name: "a token without a signature, alg none",
        body: status({ status: "delivered" }),
        headers: {
          authorization: `Bearer ${part({ alg: "none" })}.${part(claimsOf(status({ status: "delivered" })))}.`,
        },
      },
      {
        name: "a token by another secret",
        body: status({ status: "delivered" }),
        headers: { authorization: token(claimsOf(status({ status: "delivered" })), "another") },
      },
      {
        name: "a token without payload_hash",
        body: status({ status: "delivered" }),
        headers: { authorization: token({ iat: 1, api_key: "abcd1234" }, signatureSecret) },
      },
    ],
  },
});

test("the token is one that Vonage can check, and is kept for five minutes", async () => {
  let now = 1_793_000_000_000;
  await using rig = await Rig.start({ ...subject, now: () => now }, reply(202, { message_uuid: uuid }));
  const tokens: string[] = [];
  for (const later of [0, 299_000, 2_000]) {
    now += later;
    await rig.send();
    tokens.push(rig.server.requests.at(-1)?.headers.authorization?.slice("Bearer ".length) ?? "");
  }
  assert.equal(tokens[0], tokens[1]);
  assert.notEqual(tokens[1], tokens[2]);
  const [head = "", claims = "", signature = ""] = tokens[0]?.split(".") ?? [];
  assert.ok(verify("sha256", Buffer.from(`${head}.${claims}`), publicKey, Buffer.from(signature, "base64url")));
  assert.deepEqual(JSON.parse(Buffer.from(head, "base64url").toString()), { alg: "RS256", typ: "JWT" });
  const { jti, ...others } = JSON.parse(Buffer.from(claims, "base64url").toString());
  assert.match(jti, /^[0-9a-f-]{36}$/);
  assert.deepEqual(others, { application_id: applicationId, iat: 1_793_000_000, exp: 1_793_000_600 });
});

test("a private key with \\n for its line ends is read; one that can't be read is a refusal", async () => {
  const keyed = (privateKey: string) => ({
    ...subject,
    config: (baseUrl: string) => ({ ...config(baseUrl), privateKey }),
  });
  await using escaped = await Rig.start(keyed(privateKey.replaceAll("\n", "\\n")), reply(202, { message_uuid: uuid }));
  assert.equal((await escaped.send()).outcome, "accepted");
  await using broken = await Rig.start(keyed("-----BEGIN PRIVATE KEY-----\nnone"), reply(202, { message_uuid: uuid }));
  assert.deepEqual(await broken.send(), {
    outcome: "failed",
    class: "auth",
    ambiguous: false,
    detail: "the private key can't be read",
  });
  assert.equal(broken.server.requests.length, 0);
});

test("without a signature secret every receipt is refused, also one signed with an empty secret", async () => {
  const unsigned = { ...subject, config: (baseUrl: string) => ({ ...config(baseUrl), signatureSecret: "" }) };
  await using rig = await Rig.start(unsigned, reply(202, { message_uuid: uuid }));
  const body = Buffer.from(JSON.stringify(status({ status: "delivered" })));
  const request: ReceiptRequest = { method: "POST", url: receiptUrl, query: new URLSearchParams(), body, headers: {} };
  for (const authorization of ["", token(claimsOf(status({ status: "delivered" })), "")])
    assert.deepEqual(rig.gateway.parseReceipt?.({ ...request, headers: { authorization } }), { kind: "forged" });
});

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function claimsOf(body: object | string): object {
  const hash = createHash("sha256")
    .update(typeof body === "string" ? body : JSON.stringify(body))
    .digest("hex");
  return {
    iat: 1_587_494_962,
    jti: "c5ba8f24-1a14-4c10-bfdf-3fbe8ce511b5",
    iss: "Vonage",
    payload_hash: hash,
    api_key: "abcd1234",
  };
}

function token(claims: object, secret: string): string {
  const signed = `${part({ alg: "HS256", typ: "JWT" })}.${part(claims)}`;
  return `Bearer ${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}

function sign(request: ReceiptRequest): ReceiptRequest {
  return {
    ...request,
    headers: { ...request.headers, authorization: token(claimsOf(request.body.toString()), signatureSecret) },
  };
}
