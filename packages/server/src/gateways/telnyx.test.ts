import assert from "node:assert/strict";
import { generateKeyPairSync, sign } from "node:crypto";
import { test } from "node:test";
import { httpGatewayConformance } from "@antryk/testkit/gateways/http-kit";
import { receiptRequest, receiptUrl } from "@antryk/testkit/gateways/receipt-kit";
import { devanagariMessage, gsm7Message, Rig, type RigSubject } from "@antryk/testkit/gateways/rig";
import { ScriptedServer } from "@antryk/testkit/gateways/scripted-server";
import type { FailureClass, ReceiptRequest } from "./port.ts";
import { provider } from "./telnyx.ts";

const apiKey = "KEY0123456789ABCDEF_telnyxSecret";
const messageId = "40385f64-5717-4562-b3fc-2c963f66afa6";
const profile = "4000eba1-a0c0-4563-9925-b25e842a7cb6";
const now = Date.UTC(2026, 10, 23, 6, 1, 2);
const { publicKey, privateKey } = generateKeyPairSync("ed25519");
const rawKey = Buffer.from(publicKey.export({ format: "jwk" }).x ?? "", "base64url").toString("base64");

const subject: RigSubject = {
  provider,
  config: (baseUrl) => ({ apiKey, publicKey: rawKey, from: "Acme", messagingProfileId: profile, baseUrl }),
  secrets: [apiKey],
  receiptUrl,
  now: () => now,
};

const created = (changes: object = {}) => ({
  data: {
    record_type: "message",
    direction: "outbound",
    id: messageId,
    type: "SMS",
    from: { phone_number: "Acme", carrier: "", line_type: "" },
    to: [{ phone_number: gsm7Message.to, status: "queued", carrier: "", line_type: "Wireless" }],
    text: gsm7Message.text,
    parts: 1,
    cost: null,
    errors: [],
    ...changes,
  },
});

const refusal = (status: number, code: string, failure: FailureClass, source?: object) => ({
  name: `${status} with ${code}${source ? ` ${JSON.stringify(source)}` : ""}`,
  status,
  body: {
    errors: [{ code, title: "Refused", detail: `${gsm7Message.to} with ${apiKey}`, ...(source ? { source } : {}) }],
  },
  class: failure,
  detail: `HTTP ${status} code ${code}`,
});

const event = (state: string, changes: object = {}, type = "message.finalized") => ({
  data: {
    event_type: type,
    id: "4ee8c3a6-4995-4309-a3c6-38e3db9ea4be",
    occurred_at: "2019-12-09T21:32:14.148+00:00",
    payload: { ...created().data, to: [{ phone_number: gsm7Message.to, status: state }], ...changes },
    record_type: "event",
  },
  meta: { attempt: 1, delivered_to: receiptUrl },
});
const at = "2019-12-09T21:32:14.148Z";

function signed(request: ReceiptRequest, time = Math.floor(now / 1000)): ReceiptRequest {
  const signature = sign(null, Buffer.concat([Buffer.from(`${time}|`), request.body]), privateKey).toString("base64");
  return {
    ...request,
    headers: { ...request.headers, "telnyx-timestamp": String(time), "telnyx-signature-ed25519": signature },
  };
}

const expected = {
  from: "Acme",
  to: gsm7Message.to,
  type: "SMS",
  messaging_profile_id: profile,
  webhook_url: receiptUrl,
};

httpGatewayConformance({
  ...subject,
  request: {
    method: "POST",
    path: "/v2/messages",
    headers: { authorization: `Bearer ${apiKey}`, accept: "application/json", "content-type": "application/json" },
    gsm7: { ...expected, text: gsm7Message.text },
    devanagari: { ...expected, from: "ACMEIN", text: devanagariMessage.text },
  },
  accepted: [
    { name: "queued", status: 200, body: created(), result: { outcome: "accepted", messageId, segments: 1 } },
    {
      name: "queued, with its cost",
      status: 200,
      body: created({ parts: 2, cost: { amount: "0.0051", currency: "USD" } }),
      result: { outcome: "accepted", messageId, segments: 2, price: { amount: "0.0051", currency: "USD" } },
    },
  ],
  refused: [
    refusal(422, "10002", "invalid_recipient", { pointer: "/to" }),
    refusal(422, "10002", "rejected", { pointer: "/from" }),
    refusal(422, "10016", "invalid_recipient", { pointer: "/to" }),
    refusal(422, "10004", "rejected"),
    refusal(404, "10005", "rejected"),
    refusal(500, "10007", "unavailable"),
    refusal(401, "10009", "auth"),
    refusal(403, "10010", "auth"),
    refusal(429, "10011", "rate_limited"),
    refusal(400, "10015", "rejected"),
    refusal(401, "20002", "auth"),
    refusal(403, "20012", "auth"),
    refusal(403, "20013", "auth"),
    refusal(403, "20100", "quota"),
    refusal(402, "20100", "quota"),
    refusal(400, "40001", "invalid_recipient"),
    refusal(400, "40011", "rate_limited"),
    refusal(400, "40016", "quota"),
    refusal(409, "40300", "blocked"),
    refusal(400, "40301", "rejected"),
    refusal(400, "40302", "rejected"),
    refusal(400, "40305", "rejected"),
    refusal(400, "40309", "rejected"),
    refusal(400, "40310", "invalid_recipient"),
    refusal(400, "40312", "auth"),
    refusal(400, "40314", "auth"),
    refusal(400, "40318", "rate_limited"),
    refusal(400, "40320", "unavailable"),
    refusal(400, "40321", "rejected"),
    refusal(400, "49999", "rejected"),
    {
      name: "200 whose recipient failed",
      status: 200,
      body: created({
        to: [{ phone_number: gsm7Message.to, status: "sending_failed" }],
        errors: [{ code: "40300", title: "" }],
      }),
      class: "blocked",
      detail: "HTTP 200 code 40300",
    },
    {
      name: "200 whose recipient failed, without a code",
      status: 200,
      body: created({ to: [{ phone_number: gsm7Message.to, status: "delivery_failed" }] }),
      class: "rejected",
      detail: "HTTP 200 code delivery_failed",
    },
  ],
  unmarked: [
    { name: "200 without a recipient", status: 200, body: created({ to: [] }) },
    { name: "200 with errors", status: 200, body: { errors: [{ code: "10007", title: "Unexpected error" }] } },
  ],
  receipts: {
    sign: signed,
    samples: [
      { name: "delivered", body: event("delivered"), expected: [{ messageId, status: "delivered", at }] },
      { name: "sent", body: event("sent", {}, "message.sent"), expected: [{ messageId, status: "sent", at }] },
      { name: "queued", body: event("queued", {}, "message.sent"), expected: [{ messageId, status: "queued", at }] },
      {
        name: "delivery_failed",
        body: event("delivery_failed", { errors: [{ code: "40008", title: "Undeliverable" }] }),
        expected: [{ messageId, status: "undelivered", code: "40008", at }],
      },
      { name: "sending_failed", body: event("sending_failed"), expected: [{ messageId, status: "undelivered", at }] },
      { name: "expired", body: event("expired"), expected: [{ messageId, status: "undelivered", at }] },
      {
        name: "delivery_unconfirmed",
        body: event("delivery_unconfirmed"),
        expected: [{ messageId, status: "unknown", code: "delivery_unconfirmed", at }],
      },
      { name: "an answer of the recipient's", body: event("delivered", {}, "message.received"), expected: [] },
    ],
    unknown: { name: "a new state", body: event("vanished"), code: "vanished" },
    malformed: [
      { name: "no id", body: event("delivered", { id: undefined }) },
      { name: "no recipient", body: event("delivered", { to: [] }) },
    ],
  },
});

test("forged receipt: signed too long ago, or for later", async () => {
  await using rig = new Rig(subject, await new ScriptedServer(() => undefined).listen());
  const request = receiptRequest({ name: "delivered", body: event("delivered") });
  const seconds = Math.floor(now / 1000);
  for (const [time, kind] of [
    [seconds - 299, "receipts"],
    [seconds + 299, "receipts"],
    [seconds - 302, "forged"],
    [seconds + 302, "forged"],
  ] as const)
    assert.equal(rig.gateway.parseReceipt?.(signed(request, time)).kind, kind, String(time - seconds));
});

test("the signature is 64 bytes in Base64 with its padding, as npm telnyx 7.24.0 wants it", async () => {
  await using rig = new Rig(subject, await new ScriptedServer(() => undefined).listen());
  const request = signed(receiptRequest({ name: "delivered", body: event("delivered") }));
  const signature = String(request.headers["telnyx-signature-ed25519"]);
  const bytes = Buffer.from(signature, "base64");
  for (const [written, kind] of [
    [signature, "receipts"],
    [signature.replace(/=+$/, ""), "forged"],
    [`${signature}=`, "forged"],
    [`${signature.slice(0, 10)} ${signature.slice(10)}`, "forged"],
    [`-${signature}`, "forged"],
    [bytes.toString("hex"), "forged"],
    [Buffer.concat([bytes, bytes]).toString("base64"), "forged"],
  ] as const) {
    const headers = { ...request.headers, "telnyx-signature-ed25519": written };
    assert.equal(rig.gateway.parseReceipt?.({ ...request, headers }).kind, kind, written);
  }
});
