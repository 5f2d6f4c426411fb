/**
 * Bird (MessageBird), the SMS API of the platform that replaces rest.messagebird.com.
 *
 * Read 2026-11: bird.com/docs, by Bird's OpenAPI 1.0.0 as its own TypeScript SDK publishes it
 * (github.com/messagebird/bird-sdk-typescript of 2026-08-19, MIT: `createSmsMessage`, `ErrorBody`, `SmsError`, the
 * `sms.*` events, the region in an API key) and by the guides in github.com/messagebird/bird-ai (webhook endpoints and
 * their secret).
 *
 * 202 with an `id` and a `status` that is no failure is acceptance; the reply has the segments, and the price once
 * there is one. The message's own id is the `Idempotency-Key`, so the same message handed over twice leaves once.
 * `category: authentication` lets Bird keep the text out of its own records. Bird has no callback address per message
 * and no DLT fields: the operator registers one webhook endpoint for the `sms.*` events, signed by Standard Webhooks.
 * Errors carry an open set of codes (E#####) and names; those that the reference prints are in the table, the others
 * are classified by their `type`. Could not be checked: the full list of names.
 */
import { Webhook } from "standardwebhooks";
import Type from "typebox";
import { type ApiReply, callApi, countAt, type ErrorTable, jsonCall, lookUp, refused, textAt } from "./lib/api-call.ts";
import { forged, headerOf, jsonOf, malformed, receiptOf, type StatusTable } from "./lib/receipt-reading.ts";
import { phoneSender } from "./lib/sender.ts";
import { baseUrlField, baseUrlOf, baseUrlSetting, textOf } from "./lib/settings.ts";
import type { Failed, ParsedReceipts, Provider, ReceiptRequest, SendResult } from "./port.ts";

export const provider: Provider = {
  id: "bird",
  name: "Bird",
  summary:
    "Sends through Bird's (MessageBird's) SMS API; delivery is reported to a webhook endpoint, signed by " +
    "Standard Webhooks.",
  config: Type.Object({
    apiKey: Type.String({ minLength: 1 }),
    webhookSecret: Type.Optional(Type.String({ pattern: "^(whsec_[A-Za-z0-9+/]+={0,2})?$" })),
    from: Type.String({ minLength: 1, maxLength: 16 }),
    baseUrl: baseUrlSetting,
  }),
  fields: [
    {
      name: "apiKey",
      label: "API key",
      help: "bk_…; the region in it chooses the host.",
      secret: true,
      required: true,
    },
    {
      name: "webhookSecret",
      label: "Webhook secret",
      help: "whsec_… of the webhook endpoint that you made for the sms.* events; without it receipts are refused.",
      secret: true,
      required: false,
    },
    {
      name: "from",
      label: "Sender",
      help: "A number of yours (+…), a short code, or a sender name of 1 to 11 characters.",
      secret: false,
      required: true,
      example: "+14155550100",
    },
    baseUrlField("https://REGION.platform.bird.com"),
  ],
  capabilities: { receipts: true, immediate: false },
  sender: phoneSender("from", { needsPlus: true }),
  receiptsBy: { address: "registered", proof: "signature" },
  reference: { url: "https://bird.com/docs", readOn: "2026-11" },
  notes: [
    "Bird takes no receipt address with a message. Register a webhook endpoint for the `sms.*` events with the " +
      "receipt address, and give its secret as `--bird-webhook-secret`. Without the secret every receipt is " +
      "refused as forged.",
    "The key is one of the newer platform, `bk_…`, not one of rest.messagebird.com. The region in it chooses the host.",
    "The message's own id is the idempotency key: the same message handed over twice leaves once.",
    "Bird's full list of error names is not published: those unknown here are judged by their type.",
  ],
  create: (config, context) => {
    const apiKey = String(config.apiKey);
    const region = /^bk_([a-z]{2}\d+)_/.exec(apiKey)?.[1] ?? "us1";
    const url = `${baseUrlOf(config, `https://${region}.platform.bird.com`)}/v1/sms/messages`;
    const authorization = `Bearer ${apiKey}`;
    const secret = textOf(config.webhookSecret);
    const webhook = secret === undefined ? undefined : new Webhook(secret);
    return {
      send: ({ id, to, text, sender = String(config.from) }, signal) =>
        callApi(
          jsonCall(
            url,
            { authorization, "idempotency-key": id },
            { to, from: sender, text, category: "authentication" },
          ),
          context,
          signal,
          interpret,
        ),
      parseReceipt: (request) => parseReceipt(request, webhook),
    };
  },
};

/** An error's `name`, else its `type`. */
const errors: ErrorTable = {
  SMSInvalidRecipient: "invalid_recipient",
  SMSNoEligibleSender: "rejected",
  SMSUnsupportedFeature: "rejected",
  idempotency_key_reuse: "rejected",
  auth_error: "auth",
  permission_error: "auth",
  billing_error: "quota",
  rate_limit_error: "rate_limited",
  service_unavailable_error: "unavailable",
  internal_error: "unavailable",
  validation_error: "rejected",
  bad_request_error: "rejected",
  not_found_error: "rejected",
  conflict_error: "rejected",
  misdirected_error: "rejected",
  payload_too_large_error: "rejected",
  precondition_error: "rejected",
};

/** The `last_error.code` of a message that was refused at once. */
const failures: ErrorTable = {
  invalid_destination: "invalid_recipient",
  landline_unreachable: "invalid_recipient",
  recipient_opted_out: "blocked",
  blocked_by_recipient: "blocked",
  blocked_by_carrier: "rejected",
  content_rejected: "rejected",
  sender_unregistered: "rejected",
  unreachable: "rejected",
  provider_unavailable: "unavailable",
  insufficient_balance: "quota",
  unknown: "rejected",
};

const states: StatusTable = {
  scheduled: "queued",
  accepted: "queued",
  sent: "sent",
  delivered: "delivered",
  undelivered: "undelivered",
  failed: "undelivered",
  rejected: "undelivered",
  expired: "undelivered",
  canceled: "undelivered",
};

function interpret(reply: ApiReply): SendResult | undefined {
  if (reply.status >= 300) return interpretError(reply);
  const [messageId, status] = [textAt(reply.json, "id"), textAt(reply.json, "status")];
  if (messageId === undefined || status === undefined) return undefined;
  if (lookUp(states, status) === "undelivered") {
    const code = textAt(reply.json, "last_error", "code") ?? status;
    return refused(reply, lookUp(failures, code) ?? "rejected", code);
  }
  const segments = countAt(reply.json, "segments", "count");
  const [amount, currency] = [textAt(reply.json, "cost", "amount"), textAt(reply.json, "cost", "currency_code")];
  return {
    outcome: "accepted",
    messageId,
    ...(segments === undefined ? {} : { segments }),
    ...(amount === undefined || currency === undefined ? {} : { price: { amount, currency } }),
  };
}

function interpretError(reply: ApiReply): Failed | undefined {
  const [name = "", type = ""] = [textAt(reply.json, "error", "name"), textAt(reply.json, "error", "type")];
  const code = textAt(reply.json, "error", "code") ?? name;
  // Another process hands over the same message at this moment: its outcome is not known here.
  if (name === "request_in_progress" || code === "E01004")
    return { outcome: "failed", class: "unknown", ambiguous: true, detail: `HTTP ${reply.status} code E01004` };
  const failure = lookUp(errors, name) ?? lookUp(errors, type);
  return failure && refused(reply, failure, code);
}

function parseReceipt(request: ReceiptRequest, webhook: Webhook | undefined): ParsedReceipts {
  if (!webhook || !isSigned(request, webhook)) return forged;
  const json = jsonOf(request);
  const type = textAt(json, "type");
  if (type === undefined) return malformed;
  // The endpoint may get events of other channels, and messages from subscribers: they are no receipts.
  if (!type.startsWith("sms.") || type === "sms.received") return { kind: "receipts", receipts: [] };
  const messageId = textAt(json, "data", "sms_id");
  if (messageId === undefined) return malformed;
  const details = { code: textAt(json, "data", "error", "code"), at: textAt(json, "timestamp") };
  return { kind: "receipts", receipts: [receiptOf(states, messageId, type.slice("sms.".length), details)] };
}

function isSigned(request: ReceiptRequest, webhook: Webhook): boolean {
  const names = ["webhook-id", "webhook-timestamp", "webhook-signature"];
  const headers = Object.fromEntries(names.map((name) => [name, headerOf(request, name) ?? ""]));
  try {
    webhook.verify(request.body.toString("utf8"), headers, { jsonParse: false });
    return true;
  } catch {
    return false;
  }
}
