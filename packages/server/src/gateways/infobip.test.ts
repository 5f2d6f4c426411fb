import { httpGatewayConformance } from "@antryk/testkit/gateways/http-kit";
import { receiptUrl } from "@antryk/testkit/gateways/receipt-kit";
import { devanagariMessage, gsm7Message } from "@antryk/testkit/gateways/rig";
import { provider } from "./infobip.ts";
import type { FailureClass } from "./port.ts";

const apiKey = "0123456789abcdef-infobip-key";
const messageId = "2250be2d4219-3af1-78856-aabe-1362af1edfd2";

const report = (groupId: number, groupName: string, id: number, name: string, changes: object = {}) => ({
  bulkId: "2034072219640523072",
  messages: [
    {
      messageId,
      status: { groupId, groupName, id, name, description: `about ${gsm7Message.to}` },
      destination: "919876543210",
      details: { messageCount: 1 },
      ...changes,
    },
  ],
});

const rejected = (id: number, name: string, failure: FailureClass) => ({
  name: `200 with ${name}`,
  status: 200,
  body: report(5, "REJECTED", id, name),
  class: failure,
  detail: `HTTP 200 code ${name}`,
});

const httpError = (status: number, failure: FailureClass) => ({
  name: `${status} with E${status}`,
  status,
  body: { errorCode: `E${status}`, description: `no ${apiKey}`, action: "Check.", violations: [], resources: [] },
  class: failure,
  detail: `HTTP ${status} code E${status}`,
});

const result = (groupId: number, groupName: string, id: number, name: string, error: object = {}) => ({
  bulkId: "BULK-ID-123-xyz",
  messageId,
  to: "919876543210",
  sentAt: "2019-11-09T16:00:00.000+0000",
  doneAt: "2019-11-09T17:00:01.500+0100",
  messageCount: 1,
  price: { pricePerMessage: 0.01, currency: "EUR" },
  status: { groupId, groupName, id, name, description: "" },
  error: { groupId: 0, groupName: "OK", id: 0, name: "NO_ERROR", description: "No Error", permanent: false, ...error },
});
const at = "2019-11-09T16:00:01.500Z";

const messageTo = (sender: string, text: string, regional: object = {}) => ({
  messages: [
    {
      sender,
      destinations: [{ to: "919876543210" }],
      content: { text },
      options: { validityPeriod: { amount: 10, timeUnit: "MINUTES" }, ...regional },
      webhooks: { delivery: { url: receiptUrl }, contentType: "application/json" },
    },
  ],
  options: { includeSmsCountInResponse: true },
});

httpGatewayConformance({
  provider,
  config: (baseUrl) => ({ baseUrl, apiKey, from: "Acme" }),
  secrets: [apiKey],
  receiptUrl,
  request: {
    method: "POST",
    path: "/sms/3/messages",
    headers: { authorization: `App ${apiKey}`, accept: "application/json", "content-type": "application/json" },
    gsm7: messageTo("Acme", gsm7Message.text),
    devanagari: messageTo("ACMEIN", devanagariMessage.text, {
      regional: { indiaDlt: { contentTemplateId: "1207161234567890123", principalEntityId: "1201159123456789012" } },
    }),
  },
  accepted: [
    {
      name: "PENDING_ACCEPTED",
      status: 200,
      body: report(1, "PENDING", 26, "PENDING_ACCEPTED"),
      result: { outcome: "accepted", messageId, segments: 1 },
    },
    {
      name: "PENDING_ENROUTE, without a count",
      status: 200,
      body: report(1, "PENDING", 7, "PENDING_ENROUTE", { details: undefined }),
      result: { outcome: "accepted", messageId },
    },
    {
      name: "DELIVERED",
      status: 200,
      body: report(3, "DELIVERED", 5, "DELIVERED_TO_HANDSET"),
      result: { outcome: "accepted", messageId, segments: 1 },
    },
  ],
  refused: [
    rejected(6, "REJECTED_NETWORK", "rejected"),
    rejected(8, "REJECTED_PREFIX_MISSING", "invalid_recipient"),
    rejected(10, "REJECTED_DND", "blocked"),
    rejected(11, "REJECTED_SOURCE", "rejected"),
    rejected(12, "REJECTED_NOT_ENOUGH_CREDITS", "quota"),
    rejected(13, "REJECTED_SENDER", "rejected"),
    rejected(14, "REJECTED_DESTINATION_BLOCKLISTED", "blocked"),
    rejected(17, "REJECTED_PREPAID_PACKAGE_EXPIRED", "quota"),
    rejected(18, "REJECTED_DESTINATION_NOT_REGISTERED", "rejected"),
    rejected(19, "REJECTED_ROUTE_NOT_AVAILABLE", "rejected"),
    rejected(20, "REJECTED_FLOODING_FILTER", "rate_limited"),
    rejected(21, "REJECTED_SYSTEM_ERROR", "unavailable"),
    rejected(23, "REJECTED_DUPLICATE_MESSAGE_ID", "rejected"),
    rejected(24, "REJECTED_INVALID_UDH", "rejected"),
    rejected(25, "REJECTED_MESSAGE_TOO_LONG", "rejected"),
    rejected(51, "MISSING_TO", "invalid_recipient"),
    rejected(52, "REJECTED_DESTINATION", "invalid_recipient"),
    rejected(87, "SIGNALS_BLOCKED", "blocked"),
    rejected(100, "UNDELIVERABLE_REJECTED_PLATFORM", "unavailable"),
    rejected(999, "REJECTED_FOR_A_NEW_REASON", "rejected"),
    {
      name: "200 with UNDELIVERABLE_NOT_SENT",
      status: 200,
      body: report(2, "UNDELIVERABLE", 31, "UNDELIVERABLE_NOT_SENT"),
      class: "unavailable",
    },
    httpError(400, "rejected"),
    httpError(401, "auth"),
    httpError(403, "auth"),
    httpError(429, "rate_limited"),
    httpError(500, "unavailable"),
  ],
  unmarked: [
    { name: "200 with no message", status: 200, body: { bulkId: "x", messages: [] } },
    { name: "200 with a group that is in no table", status: 200, body: report(9, "BEAMED", 200, "BEAMED_UP") },
    {
      name: "200 without a message id",
      status: 200,
      body: report(1, "PENDING", 26, "PENDING_ACCEPTED", { messageId: undefined }),
    },
  ],
  receipts: {
    samples: [
      {
        name: "DELIVERED_TO_HANDSET",
        body: { results: [result(3, "DELIVERED", 5, "DELIVERED_TO_HANDSET")] },
        expected: [{ messageId, status: "delivered", code: "DELIVERED_TO_HANDSET", at }],
      },
      {
        name: "DELIVERED_TO_OPERATOR is not final",
        body: { results: [result(3, "DELIVERED", 2, "DELIVERED_TO_OPERATOR")] },
        expected: [{ messageId, status: "sent", code: "DELIVERED_TO_OPERATOR", at }],
      },
      {
        name: "several at once, with error codes",
        body: {
          results: [
            result(2, "UNDELIVERABLE", 9, "UNDELIVERABLE_NOT_DELIVERED", {
              name: "EC_ABSENT_SUBSCRIBER",
              id: 27,
              permanent: false,
            }),
            { ...result(4, "EXPIRED", 15, "EXPIRED_EXPIRED"), messageId: "second" },
            { ...result(5, "REJECTED", 14, "REJECTED_DESTINATION_BLOCKLISTED"), messageId: "third" },
          ],
        },
        expected: [
          { messageId, status: "undelivered", code: "EC_ABSENT_SUBSCRIBER", at },
          { messageId: "second", status: "undelivered", code: "EXPIRED_EXPIRED", at },
          { messageId: "third", status: "undelivered", code: "REJECTED_DESTINATION_BLOCKLISTED", at },
        ],
      },
      {
        name: "expired without a report of the operator",
        body: { results: [result(4, "EXPIRED", 29, "EXPIRED_DLR_UNKNOWN")] },
        expected: [{ messageId, status: "unknown", code: "EXPIRED_DLR_UNKNOWN", at }],
      },
    ],
    unknown: { name: "BEAMED_UP", body: { results: [result(9, "BEAMED", 200, "BEAMED_UP")] }, code: "BEAMED_UP" },
    malformed: [
      { name: "no results", body: { results: [] } },
      {
        name: "one without a message id",
        body: { results: [{ ...result(3, "DELIVERED", 5, "X"), messageId: undefined }] },
      },
      { name: "one that is no object", body: { results: [7] } },
    ],
  },
});
