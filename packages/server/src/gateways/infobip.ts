/**
 * Infobip, SMS API v3 (`POST /sms/3/messages`).
 *
 * Read 2026-11: www.infobip.com/docs/api/channels/sms/outbound-sms/send-sms-messages (the fields, by the models that
 * Infobip generates from its OpenAPI file: github.com/infobip/infobip-api-java-client of 2026-03-31, MIT),
 * www.infobip.com/docs/essentials/api-essentials/response-status-and-error-codes (the states and their groups),
 * www.infobip.com/docs/developer-resources/api-fundamentals/message-status-codes (which are final).
 *
 * The reply is 200 whatever becomes of the message: the message's `status` decides. Ids are not unique between groups
 * (87 is in two), so the tables go by name and, for names they don't have, by group. Segments are asked for; the
 * price comes only with receipts. DELIVERED_TO_OPERATOR is in the group DELIVERED and yet not final: it counts as sent.
 * Receipts carry no signature that Infobip's public documentation would let us check (subscriptions can be set up with
 * credentials): the token in the receipts' URL authenticates them.
 */
import Type from "typebox";
import {
  type ApiReply,
  callApi,
  countAt,
  type ErrorTable,
  jsonCall,
  lookUp,
  refused,
  refusedByCode,
  textAt,
  valueAt,
} from "./lib/api-call.ts";
import { jsonOf, malformed, receiptOf, type StatusTable } from "./lib/receipt-reading.ts";
import { phoneSender, senderOf, withoutPlus } from "./lib/sender.ts";
import { baseUrlOf, validityMinutes } from "./lib/settings.ts";
import type { OutgoingMessage, ParsedReceipts, Provider, Receipt, ReceiptRequest, SendResult } from "./port.ts";

export const provider: Provider = {
  id: "infobip",
  name: "Infobip",
  summary: "Sends through Infobip's SMS API; delivery is reported to a URL with a token.",
  config: Type.Object({
    baseUrl: Type.String({ pattern: "^https?://[^/?#\\s]+/*$" }),
    apiKey: Type.String({ minLength: 1 }),
    from: Type.String({ minLength: 1, maxLength: 20 }),
  }),
  fields: [
    {
      name: "baseUrl",
      label: "Base URL",
      help: "Your account's, such as https://xxxxx.api.infobip.com.",
      secret: false,
      required: true,
      example: "https://xxxxx.api.infobip.com",
    },
    { name: "apiKey", label: "API key", help: "With the scope sms:message:send.", secret: true, required: true },
    {
      name: "from",
      label: "Sender",
      help: "A number or a name that is registered for your account.",
      secret: false,
      required: true,
      example: "Acme",
    },
  ],
  capabilities: { receipts: true, immediate: false },
  sender: phoneSender("from"),
  receiptsBy: { address: "per message", proof: "token" },
  dlt: "all ids",
  reference: { url: "https://www.infobip.com/docs/api/channels/sms/outbound-sms/send-sms-messages", readOn: "2026-11" },
  notes: [
    "Receipts carry no signature: who knows the receipt address can report. Keep it secret.",
    "Infobip answers 200 whatever becomes of a message; the message's status in the reply decides.",
  ],
  create: (config, context) => {
    const url = `${baseUrlOf(config, "")}/sms/3/messages`;
    const headers = { authorization: `App ${String(config.apiKey)}`, accept: "application/json" };
    return {
      send: (message, signal) =>
        callApi(
          jsonCall(url, headers, encode(message, String(config.from), context.receiptUrl)),
          context,
          signal,
          interpret,
        ),
      parseReceipt,
    };
  },
};

function encode(outgoing: OutgoingMessage, from: string, receiptUrl: string | undefined): object {
  const { to, text, dlt } = outgoing;
  const message = {
    sender: withoutPlus(senderOf(outgoing, from)),
    destinations: [{ to: to.slice(1) }],
    content: { text },
    options: {
      validityPeriod: { amount: validityMinutes(outgoing), timeUnit: "MINUTES" },
      ...(dlt
        ? { regional: { indiaDlt: { contentTemplateId: dlt.templateId, principalEntityId: dlt.entityId } } }
        : {}),
    },
    ...(receiptUrl === undefined
      ? {}
      : { webhooks: { delivery: { url: receiptUrl }, contentType: "application/json" } }),
  };
  return { messages: [message], options: { includeSmsCountInResponse: true } };
}

/** Names of the groups REJECTED, UNDELIVERABLE and EXPIRED. */
const errors: ErrorTable = {
  MISSING_TO: "invalid_recipient",
  REJECTED_DESTINATION: "invalid_recipient", // no valid number
  REJECTED_PREFIX_MISSING: "invalid_recipient", // wrong prefix or length
  REJECTED_DND: "blocked", // the recipient asked not to be disturbed
  REJECTED_DESTINATION_BLOCKLISTED: "blocked",
  SIGNALS_BLOCKED: "blocked", // fraud
  REJECTED_DESTINATION_NOT_REGISTERED: "rejected", // the trial's one number
  REJECTED_NETWORK: "rejected", // out of coverage, or not set up
  REJECTED_ROUTE_NOT_AVAILABLE: "rejected",
  REJECTED_SOURCE: "rejected", // sender not registered
  REJECTED_SENDER: "rejected", // sender on the account's block-list
  REJECTED_DUPLICATE_MESSAGE_ID: "rejected",
  REJECTED_INVALID_UDH: "rejected",
  REJECTED_MESSAGE_TOO_LONG: "rejected",
  REJECTED_NOT_ENOUGH_CREDITS: "quota",
  REJECTED_PREPAID_PACKAGE_EXPIRED: "quota",
  REJECTED_FLOODING_FILTER: "rate_limited", // too many to this number within an hour
  REJECTED_SYSTEM_ERROR: "unavailable",
  UNDELIVERABLE_REJECTED_PLATFORM: "unavailable", // invalid, or out for the moment
  UNDELIVERABLE_REJECTED_OPERATOR: "rejected",
  UNDELIVERABLE_NOT_DELIVERED: "rejected",
  UNDELIVERABLE_NOT_SENT: "unavailable",
};

const taken = new Set(["ACCEPTED", "PENDING", "DELIVERED"]);
const refusing = new Set(["REJECTED", "UNDELIVERABLE", "EXPIRED"]);

function interpret(reply: ApiReply): SendResult | undefined {
  if (reply.status >= 300) return refusedByCode({}, textAt(reply.json, "errorCode"), reply);
  const message = valueAt(reply.json, "messages", 0);
  const [group = "", name = "", messageId] = [
    textAt(message, "status", "groupName"),
    textAt(message, "status", "name"),
    textAt(message, "messageId"),
  ];
  if (refusing.has(group)) return refused(reply, lookUp(errors, name) ?? "rejected", name);
  if (!taken.has(group) || messageId === undefined) return undefined;
  const segments = countAt(message, "details", "messageCount");
  return { outcome: "accepted", messageId, ...(segments === undefined ? {} : { segments }) };
}

/** By name if it says more than its group, else by group. */
const states: StatusTable = {
  DELIVERED_TO_OPERATOR: "sent",
  PENDING_ENROUTE: "sent",
  PENDING_WAITING_DELIVERY: "sent",
  EXPIRED_DLR_UNKNOWN: "unknown",
  ACCEPTED: "queued",
  PENDING: "queued",
  DELIVERED: "delivered",
  UNDELIVERABLE: "undelivered",
  EXPIRED: "undelivered",
  REJECTED: "undelivered",
};

function parseReceipt(request: ReceiptRequest): ParsedReceipts {
  const results = valueAt(jsonOf(request), "results");
  if (!Array.isArray(results) || results.length === 0) return malformed;
  const receipts = results.map(receiptFrom);
  return receipts.every((receipt) => receipt !== undefined) ? { kind: "receipts", receipts } : malformed;
}

function receiptFrom(result: unknown): Receipt | undefined {
  const [messageId, group] = [textAt(result, "messageId"), textAt(result, "status", "groupName")];
  if (messageId === undefined || group === undefined) return undefined;
  const name = textAt(result, "status", "name") ?? group;
  const fault = textAt(result, "error", "name");
  const code = fault === undefined || fault === "NO_ERROR" ? name : fault;
  return receiptOf(states, messageId, lookUp(states, name) === undefined ? group : name, {
    code,
    at: textAt(result, "doneAt"),
  });
}
