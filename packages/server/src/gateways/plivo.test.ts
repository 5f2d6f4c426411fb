import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { httpGatewayConformance, parseBody } from "@antryk/testkit/gateways/http-kit";
import { receiptRequest, receiptUrl } from "@antryk/testkit/gateways/receipt-kit";
import { devanagariMessage, gsm7Message, Rig } from "@antryk/testkit/gateways/rig";
import { reply } from "@antryk/testkit/gateways/scripted-server";
import { provider } from "./plivo.ts";
import type { ReceiptRequest } from "./port.ts";

const authId = "MAMZHIMDIXNTM1MWI4MG";
const authToken = "PLIVO-token+with/marks==";
const basic = Buffer.from(`${authId}:${authToken}`).toString("base64");
const uuid = "db3ce55a-7f1d-11e1-8ea7-1231380bc196";
const config = (baseUrl: string) => ({ authId, authToken, from: "14155552345", baseUrl });
const subject = { provider, config, secrets: [authToken, basic], receiptUrl };

/** As docs.plivo.com/docs/messaging/api/response prints it. */
const queued = { api_id: "db342550-7f1d-11e1-8ea7-1231380bc196", message: "message(s) queued", message_uuid: [uuid] };
const error = (text: string) => ({ api_id: "97ceeb52-58b6-11e1-86da-77300b68f8bb", error: text });

const callback = (changes: Record<string, string>) =>
  new URLSearchParams({
    To: "919876543210",
    From: "14155552345",
    Type: "sms",
    MessageUUID: uuid,
    ParentMessageUUID: uuid,
    PartInfo: "1 of 1",
    Units: "1",
    TotalRate: "0.00350",
    TotalAmount: "0.00350",
    MCC: "404",
    MNC: "10",
    QueuedTime: "2026-10-01 10:00:00.000000",
    ...changes,
  });

httpGatewayConformance({
  ...subject,
  request: {
    method: "POST",
    path: `/v1/Account/${authId}/Message/`,
    headers: { authorization: `Basic ${basic}`, "content-type": "application/json" },
    gsm7: { src: "14155552345", dst: "919876543210", text: gsm7Message.text, url: receiptUrl, method: "POST" },
    devanagari: {
      src: "ACMEIN",
      dst: "919876543210",
      text: devanagariMessage.text,
      url: receiptUrl,
      method: "POST",
      dlt_entity_id: "1201159123456789012",
      dlt_template_id: "1207161234567890123",
    },
  },
  accepted: [{ name: "202", status: 202, body: queued, result: { outcome: "accepted", messageId: uuid } }],
  refused: [
    { name: "400", status: 400, body: error("invalid_parameter"), class: "rejected", detail: "HTTP 400" },
    { name: "401", status: 401, body: error("authentication_failed"), class: "auth" },
    { name: "404", status: 404, body: error("not_found"), class: "rejected" },
    { name: "405", status: 405, body: error("method not allowed"), class: "rejected" },
    { name: "429", status: 429, body: error("rate_limit_exceeded"), class: "rate_limited" },
    { name: "500", status: 500, body: error("server error"), class: "unavailable" },
    {
      name: "202 of an invalid number alone",
      status: 202,
      body: { ...queued, message_uuid: [], invalid_number: ["919876543210"] },
      class: "invalid_recipient",
      detail: "HTTP 202 code invalid_number",
    },
    {
      name: "400 of an invalid number",
      status: 400,
      body: { ...error("no"), invalid_number: ["919876543210"] },
      class: "invalid_recipient",
    },
  ],
  unmarked: [
    { name: "202 with an empty list", status: 202, body: { ...queued, message_uuid: [] } },
    { name: "202 with an error", status: 202, body: error("later") },
  ],
  receipts: {
    samples: [
      { name: "queued", body: callback({ Status: "queued" }), expected: [{ messageId: uuid, status: "queued" }] },
      { name: "sent", body: callback({ Status: "sent" }), expected: [{ messageId: uuid, status: "sent" }] },
      {
        name: "delivered",
        body: callback({ Status: "delivered" }),
        expected: [{ messageId: uuid, status: "delivered" }],
      },
      {
        name: "undelivered, with its code",
        body: callback({ Status: "undelivered", ErrorCode: "50" }),
        expected: [{ messageId: uuid, status: "undelivered", code: "50" }],
      },
      {
        name: "failed",
        body: callback({ Status: "failed", ErrorCode: "900" }),
        expected: [{ messageId: uuid, status: "undelivered", code: "900" }],
      },
      {
        name: "rejected",
        body: callback({ Status: "rejected" }),
        expected: [{ messageId: uuid, status: "undelivered" }],
      },
      {
        name: "a URL with a query, and a field twice",
        url: `${receiptUrl}?b=2&a=x%20y`,
        body: new URLSearchParams([...callback({ Status: "sent" }), ["Z", "2"], ["Z", "1"]]),
        expected: [{ messageId: uuid, status: "sent" }],
      },
    ],
    unknown: { name: "teleported", body: callback({ Status: "teleported" }), code: "teleported" },
    malformed: [{ name: "no MessageUUID", body: new URLSearchParams({ Status: "sent" }) }],
    sign: signV3,
  },
});

/**
 * V3, from its description: path, sorted query, a dot between query and fields, sorted fields without marks, a dot, the
 * nonce.
 */
function signV3(request: ReceiptRequest): ReceiptRequest {
  const [path = "", search = ""] = request.url.split("?");
  const query = [...new URLSearchParams(search)].map(([name, value]) => `${name}=${value}`).sort();
  const fields = [...new URLSearchParams(request.body.toString())].map(([name, value]) => `${name}${value}`).sort();
  const mark = query.length + fields.length > 0 ? "?" : "";
  const dot = query.length > 0 && fields.length > 0 ? "." : "";
  const signed = `${path}${mark}${query.join("&")}${dot}${fields.join("")}.12345678901234567890`;
  const signature = createHmac("sha256", authToken).update(signed).digest("base64");
  return {
    ...request,
    headers: {
      ...request.headers,
      "x-plivo-signature-v3": signature,
      "x-plivo-signature-v3-nonce": "12345678901234567890",
    },
  };
}

test("the main account's signature, one of several, and V2 are trusted; V2 does not outweigh a wrong V3", async () => {
  await using rig = await Rig.start(subject, reply(202, queued));
  const parse = (request: ReceiptRequest) => rig.gateway.parseReceipt?.(request).kind;
  const unsigned = receiptRequest({ name: "", body: callback({ Status: "delivered" }) });
  const { "x-plivo-signature-v3": v3, ...others } = signV3(unsigned).headers;
  assert.equal(parse({ ...unsigned, headers: { ...others, "x-plivo-signature-ma-v3": v3 } }), "receipts");
  assert.equal(parse({ ...unsigned, headers: { ...others, "x-plivo-signature-v3": `abc,${String(v3)}` } }), "receipts");
  // The documentation's rule: the URL, then the nonce.
  const signature = createHmac("sha256", authToken).update(`${receiptUrl}05429567804466091622`).digest("base64");
  const v2 = { "x-plivo-signature-v2": signature, "x-plivo-signature-v2-nonce": "05429567804466091622" };
  assert.equal(parse({ ...unsigned, headers: v2 }), "receipts");
  assert.equal(
    parse({ ...unsigned, headers: { ...v2, "x-plivo-signature-v2-nonce": "05429567804466091623" } }),
    "forged",
  );
  assert.equal(parse({ ...unsigned, headers: { ...v2, ...others, "x-plivo-signature-v3": "abc" } }), "forged");
});

test("a sender that is a UUID is a Powerpack", async () => {
  const from = "cf5d5f5e-0b5a-4a0c-8d84-5f4e1f4d2a11";
  const powerpack = { ...subject, config: (baseUrl: string) => ({ ...config(baseUrl), from }) };
  await using rig = await Rig.start(powerpack, reply(202, queued));
  await rig.send();
  const [sent] = rig.server.requests;
  assert.ok(sent);
  assert.deepEqual(parseBody(sent), {
    powerpack_uuid: from,
    dst: "919876543210",
    text: gsm7Message.text,
    url: receiptUrl,
    method: "POST",
  });
});
