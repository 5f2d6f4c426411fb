import { createHmac } from "node:crypto";
import { httpGatewayConformance } from "@antryk/testkit/gateways/http-kit";
import { receiptUrl } from "@antryk/testkit/gateways/receipt-kit";
import { devanagariMessage, gsm7Message } from "@antryk/testkit/gateways/rig";
import type { FailureClass, ReceiptRequest } from "./port.ts";
import { provider } from "./twilio.ts";

const accountSid = `AC${"0".repeat(31)}1`;
const authToken = "0123456789abcdef-token";
const basic = Buffer.from(`${accountSid}:${authToken}`).toString("base64");
const sid = `SM${"a".repeat(32)}`;

/** As the OpenAPI file's example prints it. */
const created = (changes: object = {}) => ({
  account_sid: accountSid,
  api_version: "2010-04-01",
  body: gsm7Message.text,
  date_created: "Thu, 24 Aug 2023 05:01:45 +0000",
  direction: "outbound-api",
  error_code: null,
  error_message: null,
  from: "+14155552345",
  num_media: "0",
  num_segments: "1",
  price: null,
  price_unit: null,
  messaging_service_sid: null,
  sid,
  status: "queued",
  to: gsm7Message.to,
  ...changes,
});

const refusal = (code: number, status: number, failure: FailureClass) => ({
  name: `${code}`,
  status,
  body: {
    code,
    message: `no ${gsm7Message.to} ${authToken}`,
    more_info: `https://www.twilio.com/docs/errors/${code}`,
    status,
  },
  class: failure,
  detail: `HTTP ${status} code ${code}`,
});

const receipt = (changes: Record<string, string>) =>
  new URLSearchParams({
    SmsSid: sid,
    SmsStatus: changes.MessageStatus ?? "",
    MessageSid: sid,
    AccountSid: accountSid,
    From: "+14155552345",
    To: gsm7Message.to,
    ApiVersion: "2010-04-01",
    ...changes,
  });

const form = { From: "+14155552345", StatusCallback: receiptUrl, ValidityPeriod: "600" };

export const twilioRequest = {
  method: "POST",
  path: `/2010-04-01/Accounts/${accountSid}/Messages.json`,
  headers: { authorization: `Basic ${basic}`, "content-type": "application/x-www-form-urlencoded" },
  gsm7: { To: gsm7Message.to, Body: gsm7Message.text, ...form },
  devanagari: { To: devanagariMessage.to, Body: devanagariMessage.text, ...form },
};

httpGatewayConformance({
  provider,
  config: (baseUrl) => ({ accountSid, authToken, from: "+14155552345", baseUrl }),
  secrets: [authToken, basic],
  receiptUrl,
  request: twilioRequest,
  accepted: [
    { name: "queued", status: 201, body: created(), result: { outcome: "accepted", messageId: sid, segments: 1 } },
    {
      name: "accepted by a Messaging Service, segments not known yet",
      status: 201,
      body: created({ status: "accepted", num_segments: "0", from: null }),
      result: { outcome: "accepted", messageId: sid },
    },
  ],
  refused: [
    refusal(20003, 401, "auth"),
    refusal(20005, 403, "auth"),
    refusal(20404, 404, "rejected"),
    refusal(20429, 429, "rate_limited"),
    refusal(20500, 500, "unavailable"),
    refusal(20503, 503, "unavailable"),
    refusal(21211, 400, "invalid_recipient"),
    refusal(21212, 400, "rejected"),
    refusal(21408, 403, "rejected"),
    refusal(21606, 400, "rejected"),
    refusal(21608, 400, "rejected"),
    refusal(21610, 400, "blocked"),
    refusal(21611, 429, "rate_limited"),
    refusal(21612, 400, "rejected"),
    refusal(21614, 400, "invalid_recipient"),
    refusal(21617, 400, "rejected"),
    refusal(21703, 400, "rejected"),
    refusal(30001, 429, "rate_limited"),
    refusal(30002, 400, "auth"),
    refusal(99999, 400, "rejected"),
    {
      ...refusal(20429, 429, "rate_limited"),
      name: "20429 with Retry-After",
      headers: { "retry-after": "3" },
      retryAfterMs: 3_000,
    },
    {
      name: "201 of a message that failed at once",
      status: 201,
      body: created({ status: "failed", error_code: 30005 }),
      class: "invalid_recipient",
      detail: "HTTP 201 code 30005",
    },
    {
      name: "201 of a failure without a code",
      status: 201,
      body: created({ status: "undelivered" }),
      class: "rejected",
    },
  ],
  unmarked: [{ name: "201 without a sid", status: 201, body: created({ sid: null }) }],
  receipts: {
    samples: [
      { name: "queued", body: receipt({ MessageStatus: "queued" }), expected: [{ messageId: sid, status: "queued" }] },
      { name: "sent", body: receipt({ MessageStatus: "sent" }), expected: [{ messageId: sid, status: "sent" }] },
      {
        name: "delivered",
        body: receipt({ MessageStatus: "delivered" }),
        expected: [{ messageId: sid, status: "delivered" }],
      },
      {
        name: "undelivered, with an error code",
        body: receipt({ MessageStatus: "undelivered", ErrorCode: "30003" }),
        expected: [{ messageId: sid, status: "undelivered", code: "30003" }],
      },
      {
        name: "failed",
        body: receipt({ MessageStatus: "failed", ErrorCode: "30008" }),
        expected: [{ messageId: sid, status: "undelivered", code: "30008" }],
      },
      {
        name: "fields that Twilio may add, in any order and with any characters",
        body: new URLSearchParams([
          ["MessageStatus", "sent"],
          ["zürich", "ü +&="],
          ["MessageSid", sid],
          ["A", ""],
        ]),
        expected: [{ messageId: sid, status: "sent" }],
      },
      {
        name: "a URL with a query",
        url: `${receiptUrl}?a=1&b=%20x`,
        body: receipt({ MessageStatus: "sent" }),
        expected: [{ messageId: sid, status: "sent" }],
      },
    ],
    unknown: {
      name: "partially_delivered",
      body: receipt({ MessageStatus: "partially_delivered" }),
      code: "partially_delivered",
    },
    malformed: [{ name: "no MessageSid", body: new URLSearchParams({ MessageStatus: "sent" }) }],
    sign,
    forged: [
      {
        name: "the signature of another URL",
        url: `${receiptUrl}x`,
        body: receipt({ MessageStatus: "delivered" }),
        headers: { "x-twilio-signature": signature(receiptUrl, receipt({ MessageStatus: "delivered" })) },
      },
    ],
  },
});

/** Written from the documentation's steps: the URL, then each field's name and value in the order of the names. */
function signature(url: string, fields: URLSearchParams): string {
  const sorted = new URLSearchParams(fields);
  sorted.sort();
  let text = url;
  sorted.forEach((value, name) => {
    text += `${name}${value}`;
  });
  return createHmac("sha1", authToken).update(text, "utf8").digest("base64");
}

function sign(request: ReceiptRequest): ReceiptRequest {
  const signed = signature(request.url, new URLSearchParams(request.body.toString()));
  return { ...request, headers: { ...request.headers, "x-twilio-signature": signed } };
}
