import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { httpGatewayConformance } from "@antryk/testkit/gateways/http-kit";
import { receiptRequest, receiptUrl } from "@antryk/testkit/gateways/receipt-kit";
import { devanagariMessage, gsm7Message, Rig, type RigSubject } from "@antryk/testkit/gateways/rig";
import { reply, ScriptedServer } from "@antryk/testkit/gateways/scripted-server";
import type { FailureClass, ReceiptRequest } from "./port.ts";
import { provider } from "./sinch.ts";

const apiToken = "9a8b7c6d5e4f-sinch-token";
const callbackSecret = "foo_secret1234";
const servicePlanId = "jd63jf88477ll123ab4567cd89012ef3";
const messageId = "01FC66621XXXXX119Z8PMV1QPQ";

const subject: RigSubject = {
  provider,
  config: (baseUrl) => ({ region: "eu", servicePlanId, apiToken, from: "Acme", callbackSecret, baseUrl }),
  secrets: [apiToken, callbackSecret],
  receiptUrl,
  now: () => Date.UTC(2026, 10, 23, 6, 1, 2),
};

const batch = (changes: object = {}) => ({
  id: messageId,
  to: ["919876543210"],
  from: "Acme",
  canceled: false,
  body: gsm7Message.text,
  type: "mt_text",
  created_at: "2026-11-23T06:01:02.000Z",
  ...changes,
});

const refusal = (status: number, code: string, failure: FailureClass) => ({
  name: `${status} with ${code}`,
  status,
  body: { code, text: `${gsm7Message.to} with ${apiToken}` },
  class: failure,
  detail: `HTTP ${status} code ${code}`,
});

const report = (status: string, code: number, changes: object = {}) => ({
  type: "recipient_delivery_report_sms",
  batch_id: messageId,
  recipient: "919876543210",
  code,
  status,
  at: "2022-08-30T08:16:08.930Z",
  ...changes,
});
const at = "2022-08-30T08:16:08.930Z";

function signed(request: ReceiptRequest): ReceiptRequest {
  const [nonce, time] = ["01FJA8B4A7BM43YGWSG9GBV067", "1634579353"];
  const signature = createHmac("sha256", callbackSecret).update(`${request.body}.${nonce}.${time}`).digest("base64");
  const headers = {
    "x-sinch-webhook-signature": signature,
    "x-sinch-webhook-signature-nonce": nonce,
    "x-sinch-webhook-signature-timestamp": time,
  };
  return { ...request, headers: { ...request.headers, ...headers } };
}

const expected = {
  type: "mt_text",
  from: "Acme",
  to: ["919876543210"],
  expire_at: "2026-11-23T06:11:02.000Z",
  delivery_report: "per_recipient",
  callback_url: receiptUrl,
};

httpGatewayConformance({
  ...subject,
  request: {
    method: "POST",
    path: `/xms/v1/${servicePlanId}/batches`,
    headers: { authorization: `Bearer ${apiToken}`, accept: "application/json", "content-type": "application/json" },
    gsm7: { ...expected, body: gsm7Message.text },
    devanagari: { ...expected, from: "ACMEIN", body: devanagariMessage.text },
  },
  accepted: [{ name: "created", status: 201, body: batch(), result: { outcome: "accepted", messageId } }],
  refused: [
    refusal(400, "syntax_invalid_json", "rejected"),
    refusal(400, "syntax_invalid_parameter_format", "rejected"),
    refusal(400, "syntax_constraint_violation", "rejected"),
    refusal(403, "unknown_group", "rejected"),
    refusal(403, "unknown_campaign", "rejected"),
    refusal(403, "missing_callback_url", "rejected"),
    refusal(403, "illegal_number_type", "rejected"),
    refusal(403, "blocked_account", "auth"),
    refusal(403, "something_new", "auth"),
    refusal(400, "something_new", "rejected"),
    {
      name: "a canceled batch",
      status: 201,
      body: batch({ canceled: true }),
      class: "rejected",
      detail: "HTTP 201 code canceled",
    },
    { name: "500", status: 500, body: "", class: "unavailable", detail: "HTTP 500" },
  ],
  unmarked: [{ name: "201 without an id", status: 201, body: batch({ id: undefined }) }],
  receipts: {
    sign: signed,
    samples: [
      { name: "Delivered", body: report("Delivered", 0), expected: [{ messageId, status: "delivered", at }] },
      {
        name: "Delivered, by the operator's clock",
        body: report("Delivered", 0, { operator_status_at: "2022-08-30T08:16:00Z" }),
        expected: [{ messageId, status: "delivered", at: "2022-08-30T08:16:00.000Z" }],
      },
      { name: "Queued", body: report("Queued", 400), expected: [{ messageId, status: "queued", code: "400", at }] },
      {
        name: "Dispatched",
        body: report("Dispatched", 401),
        expected: [{ messageId, status: "sent", code: "401", at }],
      },
      ...["Aborted", "Cancelled", "Rejected", "Deleted", "Failed", "Expired"].map((state) => ({
        name: state,
        body: report(state, 403),
        expected: [{ messageId, status: "undelivered" as const, code: "403", at }],
      })),
      {
        name: "a summary",
        body: {
          type: "delivery_report_sms",
          batch_id: messageId,
          total_message_count: 1,
          statuses: [{ code: 405, status: "Aborted", count: 1 }],
        },
        expected: [{ messageId, status: "undelivered", code: "405" }],
      },
      {
        name: "an answer of the recipient's",
        body: { type: "mo_text", id: "01", from: "919876543210", body: "STOP" },
        expected: [],
      },
    ],
    unknown: { name: "a new state", body: report("Vanished", 0), code: "Vanished" },
    malformed: [
      { name: "no batch", body: report("Delivered", 0, { batch_id: undefined }) },
      { name: "an empty summary", body: { type: "delivery_report_sms", batch_id: messageId, statuses: [] } },
    ],
  },
});

test("the signature that Sinch's own tests expect is taken: what it signs is no receipt, and not forged", async () => {
  // github.com/sinch/sinch-sdk-dotnet, tests of the Conversation webhooks; read 2026-11.
  const identity = { channel: "SMS", identity: "48123456789", app_id: "" };
  const contact = {
    id: "01FJA8B466Y0R2GNXD78MD9SM1",
    channel_identities: [identity],
    display_name: "New Test Contact",
    email: "new.contact@email.com",
    external_id: "",
    metadata: "",
    language: "EN_US",
  };
  const body = {
    app_id: "",
    accepted_time: "2021-10-18T17:49:13.813615Z",
    project_id: "e2df3a34-a71b-4448-9db5-a8d2baad28e4",
    contact_create_notification: { contact },
    message_metadata: "",
  };
  const headers = {
    "x-sinch-webhook-signature": "6bpJoRmFoXVjfJIVglMoJzYXxnoxRujzR4k2GOXewOE=",
    "x-sinch-webhook-signature-nonce": "01FJA8B4A7BM43YGWSG9GBV067",
    "x-sinch-webhook-signature-timestamp": "1634579353",
    "x-sinch-webhook-signature-algorithm": "HmacSHA256",
  };
  await using rig = new Rig(subject, await new ScriptedServer(() => undefined).listen());
  assert.equal(rig.gateway.parseReceipt?.(receiptRequest({ name: "signed", body, headers })).kind, "malformed");
});

test("the signature counts, whatever the algorithm is called, and in Base64 alone: as in npm @sinch/sdk-client 1.5.0", async () => {
  await using rig = new Rig(subject, await new ScriptedServer(() => undefined).listen());
  const request = signed(receiptRequest({ name: "", body: report("Delivered", 0) }));
  const kindWith = (headers: Readonly<Record<string, string | undefined>>) =>
    rig.gateway.parseReceipt?.({ ...request, headers: { ...request.headers, ...headers } }).kind;
  for (const algorithm of ["HmacSHA256", "HMACSHA256", "HmacSHA512", undefined])
    assert.equal(kindWith({ "x-sinch-webhook-signature-algorithm": algorithm }), "receipts", algorithm);
  const signature = Buffer.from(String(request.headers["x-sinch-webhook-signature"]), "base64");
  for (const encoding of ["hex", "base64url"] as const)
    assert.equal(kindWith({ "x-sinch-webhook-signature": signature.toString(encoding) }), "forged", encoding);
  for (const name of ["-nonce", "-timestamp"])
    assert.equal(kindWith({ [`x-sinch-webhook-signature${name}`]: undefined }), "forged", name);
});

test("without a secret receipts are taken by their URL, and none is asked for without one", async () => {
  const signing: RigSubject = {
    ...subject,
    config: (baseUrl) => ({ ...subject.config(baseUrl), callbackSecret: "" }),
    secrets: [apiToken],
  };
  await using rig = new Rig(signing, await new ScriptedServer(() => undefined).listen());
  const parsed = rig.gateway.parseReceipt?.(receiptRequest({ name: "Delivered", body: report("Delivered", 0) }));
  assert.equal(parsed?.kind, "receipts");

  const { receiptUrl: _, ...without } = signing;
  await using silent = await Rig.start(without, reply(201, batch()));
  await silent.send();
  const sent = JSON.parse(String(silent.server.requests[0]?.body));
  assert.deepEqual([sent.delivery_report, sent.callback_url], [undefined, undefined]);
});
