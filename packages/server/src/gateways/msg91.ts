/**
 * MSG91 (India): the Send SMS API, v2/sendsms, which takes the whole text beside the DLT template's id. The Flow API
 * takes only the variables of a template that MSG91 keeps, so it can't carry a text that was rendered here.
 *
 * Read 2026-11: api.msg91.com/apidoc/textsms/send-sms-v1.php (the fields, the two replies), msg91.com/help/api and
 * msg91.com/help/how-to-update-contact-details-for-billing-and-tech-alerts (codes), msgwow.com/kb (the longer list of
 * the same codes, of a reseller), msg91.com/help/how-can-i-get-the-delivery-reports-on-my-webhook-url (webhooks v2 and
 * v3), npm `@walkover/msg91` 0.1.2 (DLT_TE_ID).
 *
 * `{"type":"success"}` with a request id is acceptance, whatever the status; the reply has neither segments nor the
 * price. The entity id and the header must be entered in MSG91's panel: the API has no field for the entity. MSG91
 * signs no webhook, so a receipt's secret URL is what is checked; it is entered in MSG91's panel. Receipts give the
 * time without a zone: it is not passed on. Could not be checked against a live account: whether every code of the list
 * is still answered.
 */
import Type from "typebox";
import {
  type ApiReply,
  callApi,
  type ErrorTable,
  jsonCall,
  parseJson,
  refused,
  refusedByCode,
  textAt,
  valueAt,
} from "./lib/api-call.ts";
import { fitsGsm7 } from "./lib/gsm7.ts";
import { formOf, jsonOf, malformed, receiptOf, type StatusTable } from "./lib/receipt-reading.ts";
import { phoneSender, senderOf } from "./lib/sender.ts";
import { baseUrlField, baseUrlOf, baseUrlSetting } from "./lib/settings.ts";
import type { OutgoingMessage, ParsedReceipts, Provider, Receipt, ReceiptRequest, SendResult } from "./port.ts";

const usualUrl = "https://api.msg91.com";
const transactional = "4";

export const provider: Provider = {
  id: "msg91",
  name: "MSG91",
  summary: "Sends through MSG91's SMS API with India's DLT template id; delivery is reported by webhook.",
  config: Type.Object({
    authKey: Type.String({ pattern: "^[\\x21-\\x7e]+$" }),
    sender: Type.String({ minLength: 1, maxLength: 20 }),
    baseUrl: baseUrlSetting,
  }),
  fields: [
    {
      name: "authKey",
      label: "Authkey",
      help: "Of the account; allow this server's address if API security is on.",
      secret: true,
      required: true,
    },
    {
      name: "sender",
      label: "Sender id",
      help: "Six letters registered with DLT; the header of a service's DLT ids goes before it.",
      secret: false,
      required: true,
      example: "ACMEIN",
    },
    baseUrlField(usualUrl),
  ],
  capabilities: { receipts: true, immediate: false },
  sender: phoneSender("sender"),
  receiptsBy: { address: "registered", proof: "token" },
  dlt: "template id, header",
  reference: { url: "https://api.msg91.com/apidoc/textsms/send-sms-v1.php", readOn: "2026-11" },
  notes: [
    "For Indian numbers: the principal entity and the header must be registered with DLT and entered in " +
      "MSG91's panel, and the service needs its DLT ids (`--dlt-entity-id`, `--dlt-template-id`, `--dlt-header`, " +
      "`--dlt-text`). MSG91's API has no field for the entity.",
    "MSG91 takes no receipt address with a message. Enter the receipt address as the webhook of delivery " +
      "reports in its panel.",
    "MSG91 signs no webhook: who knows the receipt address can report. Keep it secret.",
    "If API security is on, allow this server's address in the panel.",
    "Not checked against a live account.",
  ],
  create: (config, context) => {
    const url = `${baseUrlOf(config, usualUrl)}/api/v2/sendsms`;
    const headers = { authkey: String(config.authKey), accept: "application/json" };
    return {
      send: (message, signal) =>
        callApi(jsonCall(url, headers, encode(message, String(config.sender))), context, signal, interpret),
      parseReceipt,
    };
  },
};

function encode(message: OutgoingMessage, own: string): object {
  const { to, text, dlt } = message;
  return {
    sender: senderOf(message, own),
    route: transactional,
    // 0: the number's own country code.
    country: to.startsWith("+91") ? "91" : "0",
    unicode: fitsGsm7(text) ? undefined : "1",
    DLT_TE_ID: dlt?.templateId,
    sms: [{ message: text, to: [to.slice(1)] }],
  };
}

const errors: ErrorTable = {
  101: "rejected", // missing mobile number
  102: "rejected", // missing message
  103: "rejected", // missing sender id
  105: "auth", // missing password
  106: "auth", // missing authentication key
  107: "rejected", // missing route
  202: "invalid_recipient", // invalid mobile number
  203: "rejected", // invalid sender id, or the DLT entity id is missing
  207: "auth", // invalid authentication key
  208: "auth", // IP is blacklisted
  301: "quota", // insufficient balance
  302: "auth", // expired account
  303: "auth", // banned account
  306: "unavailable", // the route is not available at this hour
  307: "rejected", // incorrect scheduled time
  308: "rejected", // campaign name too long
  309: "rejected", // the group is not yours
  310: "rejected", // SMS too long
  311: "rejected", // the same text to the same number within 10 s
  418: "auth", // IP is not whitelisted
};

function interpret(reply: ApiReply): SendResult | undefined {
  const [type, text, code] = [textAt(reply.json, "type"), textAt(reply.json, "message"), textAt(reply.json, "code")];
  if (type === "error")
    return refusedByCode(errors, code, reply) ?? (reply.status < 300 ? refused(reply, "rejected", code) : undefined);
  if (type !== "success" || reply.status >= 300 || text === undefined || !/^[0-9A-Za-z]{8,64}$/.test(text))
    return undefined;
  return { outcome: "accepted", messageId: text };
}

const states: StatusTable = {
  1: "delivered",
  2: "undelivered", // failed
  9: "undelivered", // NDNC, of promotional messages
  16: "undelivered", // rejected
  17: "undelivered", // blocked number
  25: "undelivered", // rejected
};

/** v2 is a form whose `data` is a JSON list, each with its reports; v3 is one JSON object. */
function parseReceipt(request: ReceiptRequest): ParsedReceipts {
  const json = jsonOf(request) ?? parseJson(formOf(request).get("data") ?? "");
  const all = Array.isArray(json) ? json : [json];
  const receipts = all.flatMap((one): Receipt[] => {
    const messageId = textAt(one, "requestId");
    const reports = valueAt(one, "report");
    return (Array.isArray(reports) ? reports : [one]).flatMap((report: unknown) => {
      const state = textAt(report, "status");
      if (messageId === undefined || state === undefined) return [];
      return [receiptOf(states, messageId, state, { code: state === "1" ? undefined : state })];
    });
  });
  return receipts.length > 0 ? { kind: "receipts", receipts } : malformed;
}
