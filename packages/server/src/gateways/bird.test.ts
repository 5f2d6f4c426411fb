import assert from "node:assert/strict";
import { test } from "node:test";
import { httpGatewayConformance } from "@antryk/testkit/gateways/http-kit";
import { receiptRequest } from "@antryk/testkit/gateways/receipt-kit";
import { devanagariMessage, gsm7Message, Rig } from "@antryk/testkit/gateways/rig";
import { reply } from "@antryk/testkit/gateways/scripted-server";
import { Webhook } from "standardwebhooks";
import { provider } from "./bird.ts";
import type { FailureClass, ReceiptRequest } from "./port.ts";

const apiKey = "bk_eu1_XXXXXXXXXXXXXXXXXXXXXXXX";
const webhookSecret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const id = "sms_01krdgeqcxet5s7t44vh8rt9mg";
const config = (baseUrl: string) => ({ apiKey, webhookSecret, from: "Acme", baseUrl });
const subject = { provider, config, secrets: [apiKey, webhookSecret, webhookSecret.slice("whsec_".length)] };

const accepted = (changes: object = {}) => ({
  id,
  direction: "outbound",
  status: "accepted",
  to: gsm7Message.to,
  from: "Acme",
  text: "**REDACTED**",
  category: "authentication",
  segments: { count: 1, encoding: "GSM_7BIT", characters: 46 },
  cost: null,
  created_at: "2026-10-01T10:00:00Z",
  ...changes,
});

const refusal = (status: number, type: string, name: string, code: string, failure: FailureClass) => ({
  name: `${status} ${type}, ${name}`,
  status,
  body: {
    error: {
      type,
      code,
      name,
      message: `no ${gsm7Message.to} ${apiKey}`,
      doc_url: "https://bird.com",
      request_id: "req_1",
    },
  },
  class: failure,
  detail: `HTTP ${status} code ${code}`,
});

const failed = (code: string, failure: FailureClass) => ({
  name: `202 of a message that was rejected: ${code}`,
  status: 202,
  body: accepted({ status: "rejected", last_error: { code, description: "no", occurred_at: "2026-10-01T10:00:00Z" } }),
  class: failure,
  detail: `HTTP 202 code ${code}`,
});

const at = "2026-10-01T10:00:03.000Z";
const event = (type: string, data: object = {}) => ({
  type,
  timestamp: "2026-10-01T10:00:03Z",
  data: { sms_id: id, workspace_id: "ws_1", to: gsm7Message.to, from: "Acme", tags: null, metadata: null, ...data },
});
const because = (code: string) => ({ error: { code, description: "no", occurred_at: "2026-10-01T10:00:03Z" } });

httpGatewayConformance({
  ...subject,
  request: {
    method: "POST",
    path: "/v1/sms/messages",
    headers: {
      authorization: `Bearer ${apiKey}`,
      "idempotency-key": gsm7Message.id,
      "content-type": "application/json",
    },
    gsm7: { to: gsm7Message.to, from: "Acme", text: gsm7Message.text, category: "authentication" },
    devanagari: { to: devanagariMessage.to, from: "Acme", text: devanagariMessage.text, category: "authentication" },
  },
  accepted: [
    { name: "202", status: 202, body: accepted(), result: { outcome: "accepted", messageId: id, segments: 1 } },
    {
      name: "202 that is priced already",
      status: 202,
      body: accepted({
        cost: { amount: "0.00990", currency_code: "USD", transaction_amount: "0.00790", passthrough_amount: "0.00200" },
      }),
      result: { outcome: "accepted", messageId: id, segments: 1, price: { amount: "0.00990", currency: "USD" } },
    },
  ],
  refused: [
    refusal(400, "bad_request_error", "bad_request", "E01001", "rejected"),
    refusal(401, "auth_error", "unauthorized", "E02001", "auth"),
    refusal(402, "billing_error", "insufficient_balance", "E03001", "quota"),
    refusal(403, "permission_error", "forbidden", "E02002", "auth"),
    refusal(409, "conflict_error", "idempotency_key_reuse", "E01005", "rejected"),
    { ...refusal(409, "conflict_error", "request_in_progress", "E01004", "unknown"), ambiguous: true },
    refusal(421, "misdirected_error", "wrong_region", "E01009", "rejected"),
    refusal(422, "validation_error", "SMSInvalidRecipient", "E09001", "invalid_recipient"),
    refusal(422, "validation_error", "SMSNoEligibleSender", "E09002", "rejected"),
    refusal(422, "validation_error", "SMSUnsupportedFeature", "E09003", "rejected"),
    refusal(422, "validation_error", "invalid_params", "E01002", "rejected"),
    refusal(429, "rate_limit_error", "rate_limited", "E01003", "rate_limited"),
    refusal(500, "internal_error", "internal", "E01000", "unavailable"),
    refusal(503, "service_unavailable_error", "unavailable", "E01010", "unavailable"),
    { ...refusal(504, "internal_error", "internal", "E01000", "timeout"), ambiguous: true, detail: "HTTP 504" },
    {
      name: "a type that is in no table",
      status: 418,
      body: { error: { type: "tea_error", code: "E1", name: "tea" } },
      class: "rejected",
    },
    failed("invalid_destination", "invalid_recipient"),
    failed("landline_unreachable", "invalid_recipient"),
    failed("recipient_opted_out", "blocked"),
    failed("sender_unregistered", "rejected"),
    failed("insufficient_balance", "quota"),
    failed("provider_unavailable", "unavailable"),
    failed("something_new", "rejected"),
  ],
  unmarked: [{ name: "202 without an id", status: 202, body: accepted({ id: undefined }) }],
  receipts: {
    samples: [
      { name: "accepted", body: event("sms.accepted"), expected: [{ messageId: id, status: "queued", at }] },
      { name: "sent", body: event("sms.sent", { carrier: "X" }), expected: [{ messageId: id, status: "sent", at }] },
      { name: "delivered", body: event("sms.delivered"), expected: [{ messageId: id, status: "delivered", at }] },
      {
        name: "undelivered",
        body: event("sms.undelivered", because("unreachable")),
        expected: [{ messageId: id, status: "undelivered", code: "unreachable", at }],
      },
      {
        name: "failed",
        body: event("sms.failed", because("invalid_destination")),
        expected: [{ messageId: id, status: "undelivered", code: "invalid_destination", at }],
      },
      {
        name: "rejected",
        body: event("sms.rejected", because("recipient_opted_out")),
        expected: [{ messageId: id, status: "undelivered", code: "recipient_opted_out", at }],
      },
      {
        name: "expired",
        body: event("sms.expired", because("unreachable")),
        expected: [{ messageId: id, status: "undelivered", code: "unreachable", at }],
      },
      { name: "none: a message from a subscriber", body: event("sms.received", { text: "STOP" }), expected: [] },
      { name: "none: an event of another channel", body: { type: "email.delivered", data: {} }, expected: [] },
    ],
    unknown: { name: "sms.teleported", body: event("sms.teleported"), code: "teleported" },
    malformed: [{ name: "no sms_id", body: event("sms.sent", { sms_id: undefined }) }],
    sign,
    forged: [
      {
        name: "a signature of an hour ago",
        body: event("sms.delivered"),
        headers: signatureOf(JSON.stringify(event("sms.delivered")), new Date(Date.now() - 3_600_000)),
      },
    ],
  },
});

test("without a webhook secret every receipt is refused", async () => {
  const open = { ...subject, config: (baseUrl: string) => ({ ...config(baseUrl), webhookSecret: "" }) };
  await using rig = await Rig.start(open, reply(202, accepted()));
  assert.deepEqual(rig.gateway.parseReceipt?.(sign(receiptRequest({ name: "", body: event("sms.sent") }))), {
    kind: "forged",
  });
});

function signatureOf(body: string, at: Date): Record<string, string> {
  return {
    "webhook-id": "wh_msg_1",
    "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
    "webhook-signature": new Webhook(webhookSecret).sign("wh_msg_1", at, body),
  };
}

function sign(request: ReceiptRequest): ReceiptRequest {
  return { ...request, headers: { ...request.headers, ...signatureOf(request.body.toString(), new Date()) } };
}
