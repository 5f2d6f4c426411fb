/**
 * Sinch SMS (REST API, xms v1): sends a batch of one message.
 *
 * Read 2026-11: developers.sinch.com/docs/sms/api-reference/sms/batches and /delivery-reports, the types of npm
 * `@sinch/sms` (the fields), developers.sinch.com/docs/sms/api-reference/status-codes and community.sinch.com "Common
 * SMS HTTP Statuses and Codes Explained" (the codes), developers.sinch.com/docs/sms/api-reference/sms/webhooks with the
 * validation in npm `@sinch/sdk-client` (the signature).
 *
 * 201 with an `id` and not `canceled` is acceptance; the reply has neither segments nor the price. Sinch signs
 * callbacks (HMAC-SHA256 over body, nonce and time) only if a secret is set for the service plan: then a receipt must
 * be signed, else its secret URL is what is checked. Retries go on for a day, and no documentation says that they are
 * signed anew, so the time is not checked; a repeated receipt does no harm. The API has no field for India's DLT ids;
 * the registered header goes as the sender. Could not be checked against a live account.
 */
import { createHmac } from "node:crypto";
import Type from "typebox";
import {
  type ApiReply,
  callApi,
  type ErrorTable,
  jsonCall,
  refused,
  refusedByCode,
  textAt,
  valueAt,
} from "./lib/api-call.ts";
import {
  forged,
  headerOf,
  jsonOf,
  malformed,
  receiptOf,
  type StatusTable,
  sameSignature,
} from "./lib/receipt-reading.ts";
import { phoneSender, senderOf } from "./lib/sender.ts";
import { baseUrlField, baseUrlOf, baseUrlSetting, textOf, validitySeconds } from "./lib/settings.ts";
import type { ParsedReceipts, Provider, ReceiptRequest, SendResult } from "./port.ts";

export const provider: Provider = {
  id: "sinch",
  name: "Sinch",
  summary: "Sends through Sinch's SMS REST API; delivery is reported by callbacks, signed if a secret is set.",
  config: Type.Object({
    region: Type.String({ pattern: "^(us|eu|au|br|ca)$" }),
    servicePlanId: Type.String({ pattern: "^[A-Za-z0-9_-]{1,64}$" }),
    apiToken: Type.String({ pattern: "^[\\x21-\\x7e]+$" }),
    from: Type.Optional(Type.String({ maxLength: 20 })),
    callbackSecret: Type.Optional(Type.String()),
    baseUrl: baseUrlSetting,
  }),
  fields: [
    {
      name: "region",
      label: "Region",
      help: "Of the service plan: us, eu, au, br or ca.",
      secret: false,
      required: true,
      example: "eu",
    },
    {
      name: "servicePlanId",
      label: "Service plan id",
      help: "Of the service plan that sends.",
      secret: false,
      required: true,
      example: "a1b2c3",
    },
    { name: "apiToken", label: "API token", help: "Of the same service plan.", secret: true, required: true },
    {
      name: "from",
      label: "Sender",
      help: "Number or name; Sinch chooses if it is set up so.",
      secret: false,
      required: false,
    },
    {
      name: "callbackSecret",
      label: "Callback secret",
      help: "HMAC secret of the service plan's callbacks, if Sinch has set one.",
      secret: true,
      required: false,
    },
    baseUrlField("https://{region}.sms.api.sinch.com"),
  ],
  capabilities: { receipts: true, immediate: false },
  sender: phoneSender("from"),
  receiptsBy: { address: "per message", proof: "signature if a secret is set" },
  dlt: "header",
  reference: { url: "https://developers.sinch.com/docs/sms/api-reference/sms/batches", readOn: "2026-11" },
  notes: [
    "Sinch signs callbacks only if a secret is set for the service plan, on request. Then give it as " +
      "`--sinch-callback-secret`; without it the token in the receipt address is all that is checked.",
    "The API has no field for India's DLT ids; the registered header goes as the sender.",
    "Not checked against a live account.",
  ],
  create: (config, context) => {
    const base = baseUrlOf(config, `https://${String(config.region)}.sms.api.sinch.com`);
    const url = `${base}/xms/v1/${String(config.servicePlanId)}/batches`;
    const headers = { authorization: `Bearer ${String(config.apiToken)}`, accept: "application/json" };
    const secret = textOf(config.callbackSecret);
    return {
      send: (message, signal) => {
        const { to, text } = message;
        const report = context.receiptUrl && { delivery_report: "per_recipient", callback_url: context.receiptUrl };
        const batch = {
          type: "mt_text",
          from: senderOf(message, textOf(config.from)),
          to: [to.slice(1)],
          body: text,
          expire_at: new Date(context.now() + validitySeconds(message) * 1000).toISOString(),
          ...(report || {}),
        };
        return callApi(jsonCall(url, headers, batch), context, signal, interpret);
      },
      parseReceipt: (request) => (secret === undefined || isSigned(request, secret) ? parseReceipt(request) : forged),
    };
  },
};

const errors: ErrorTable = {
  syntax_invalid_json: "rejected",
  // Of any field: the sender's as well as the recipient's.
  syntax_invalid_parameter_format: "rejected",
  syntax_constraint_violation: "rejected",
  unknown_group: "rejected",
  unknown_campaign: "rejected",
  missing_callback_url: "rejected",
  illegal_number_type: "rejected",
  blocked_account: "auth",
};

function interpret(reply: ApiReply): SendResult | undefined {
  if (reply.status >= 300) return refusedByCode(errors, textAt(reply.json, "code"), reply);
  const messageId = textAt(reply.json, "id");
  if (messageId === undefined) return undefined;
  return valueAt(reply.json, "canceled") === true
    ? refused(reply, "rejected", "canceled")
    : { outcome: "accepted", messageId };
}

function isSigned(request: ReceiptRequest, secret: string): boolean {
  const signed = (part: string): string | undefined => headerOf(request, `x-sinch-webhook-signature${part}`);
  const [signature, nonce, time] = [signed(""), signed("-nonce"), signed("-timestamp")];
  if (signature === undefined || nonce === undefined || time === undefined) return false;
  const expected = createHmac("sha256", secret).update(request.body).update(`.${nonce}.${time}`).digest("base64");
  return sameSignature(signature, expected);
}

const states: StatusTable = {
  Queued: "queued",
  Dispatched: "sent",
  Delivered: "delivered",
  Aborted: "undelivered",
  Cancelled: "undelivered",
  Rejected: "undelivered",
  Deleted: "undelivered",
  Failed: "undelivered",
  Expired: "undelivered",
  Unknown: "unknown",
};

function parseReceipt(request: ReceiptRequest): ParsedReceipts {
  const report = jsonOf(request);
  const type = textAt(report, "type") ?? "";
  // Such as an answer of the recipient's.
  if (type.startsWith("mo_")) return { kind: "receipts", receipts: [] };
  // A summary of the batch has its one recipient's state in a list.
  const state = type === "delivery_report_sms" ? valueAt(report, "statuses", 0) : report;
  const [messageId, word, code] = [textAt(report, "batch_id"), textAt(state, "status"), textAt(state, "code")];
  if (messageId === undefined || word === undefined) return malformed;
  const time = textAt(report, "operator_status_at") ?? textAt(report, "at");
  return {
    kind: "receipts",
    receipts: [receiptOf(states, messageId, word, { code: code === "0" ? undefined : code, at: time })],
  };
}
