/**
 * Vonage, Messages API v1. It is chosen over the older SMS API because its status webhooks are signed by default and
 * their URL can be given with each message; the SMS API signs receipts only on request to support.
 *
 * Read 2026-11: developer.vonage.com/en/api/messages (its OpenAPI file 1.20.0, Apache-2.0: the fields, the replies, the
 * states), developer.vonage.com/en/api-errors and …/api-errors/messages (the codes),
 * developer.vonage.com/en/getting-started/concepts/webhooks and …/messages/concepts/signed-webhooks (the JWT of a
 * webhook), …/concepts/authentication (the JWT of a request: with the API key alone, Vonage sends no webhooks).
 *
 * 202 with a `message_uuid` is acceptance; segments and price come only with the receipts. An error is RFC 7807 whose
 * `type` ends with the code. The OpenAPI file's own examples disagree with its table (…#110 for an invalid recipient),
 * so for 422 the title counts too. Could not be checked against a live account: whether a webhook ever comes without
 * `payload_hash`; such a one is taken as forged.
 */
import { createHash } from "node:crypto";
import Type from "typebox";
import { type ApiReply, callApi, type ErrorTable, jsonCall, refused, refusedByCode, textAt } from "./lib/api-call.ts";
import { bearerMaker, hs256Claims } from "./lib/jwt.ts";
import {
  forged,
  headerOf,
  jsonOf,
  malformed,
  receiptOf,
  type StatusTable,
  sameSignature,
} from "./lib/receipt-reading.ts";
import { phoneSender, senderOf, withoutPlus } from "./lib/sender.ts";
import { baseUrlField, baseUrlOf, baseUrlSetting, textOf } from "./lib/settings.ts";
import type { OutgoingMessage, ParsedReceipts, Provider, ReceiptRequest, SendResult } from "./port.ts";

const usualUrl = "https://api.nexmo.com";

export const provider: Provider = {
  id: "vonage",
  name: "Vonage",
  summary: "Sends through Vonage's Messages API; delivery is reported by signed webhooks.",
  config: Type.Object({
    applicationId: Type.String({ pattern: "^[0-9a-fA-F-]{36}$" }),
    privateKey: Type.String({ pattern: "^-----BEGIN [A-Z ]*PRIVATE KEY-----" }),
    signatureSecret: Type.Optional(Type.String()),
    from: Type.String({ minLength: 1, maxLength: 16 }),
    baseUrl: baseUrlSetting,
  }),
  fields: [
    {
      name: "applicationId",
      label: "Application ID",
      help: "Of an application with the Messages capability.",
      secret: false,
      required: true,
      example: "00000000-0000-0000-0000-000000000000",
    },
    {
      name: "privateKey",
      label: "Private key",
      help: "The application's private key in PEM; line ends may be written as \\n.",
      secret: true,
      required: true,
      example: "file:vonage.key",
    },
    {
      name: "signatureSecret",
      label: "Signature secret",
      help: "Of the account, by which Vonage signs webhooks; without it receipts are refused.",
      secret: true,
      required: false,
    },
    {
      name: "from",
      label: "Sender",
      help: "A number of yours without +, or a sender name.",
      secret: false,
      required: true,
      example: "14155550100",
    },
    baseUrlField(usualUrl, "A region's host, such as https://api-eu.nexmo.com"),
  ],
  capabilities: { receipts: true, immediate: false },
  sender: phoneSender("from"),
  receiptsBy: { address: "per message", proof: "signature" },
  dlt: "all ids",
  reference: { url: "https://developer.vonage.com/en/api/messages", readOn: "2026-11" },
  notes: [
    "Give `--vonage-signature-secret`, from the account's settings. Without it every receipt is refused as forged.",
    "This is the Messages API, with an application and its private key: with the API key alone Vonage sends no " +
      "webhooks.",
    "Not checked against a live account.",
  ],
  create: (config, context) => {
    const url = `${baseUrlOf(config, usualUrl)}/v1/messages`;
    const bearer = bearerMaker(String(config.privateKey), { application_id: config.applicationId }, context.now);
    const secret = textOf(config.signatureSecret);
    return {
      async send(message, signal): Promise<SendResult> {
        const authorization = bearer();
        if (authorization === undefined)
          return { outcome: "failed", class: "auth", ambiguous: false, detail: "the private key can't be read" };
        const body = encode(message, String(config.from), context.receiptUrl);
        return callApi(jsonCall(url, { authorization, accept: "application/json" }, body), context, signal, interpret);
      },
      parseReceipt: (request) => parseReceipt(request, secret, context.now()),
    };
  },
};

function encode(message: OutgoingMessage, from: string, receiptUrl: string | undefined): object {
  const { to, text, dlt } = message;
  return {
    message_type: "text",
    channel: "sms",
    to: to.slice(1),
    from: withoutPlus(senderOf(message, from)),
    text,
    ...(dlt ? { sms: { entity_id: dlt.entityId, content_id: dlt.templateId } } : {}),
    ...(receiptUrl === undefined ? {} : { webhook_url: receiptUrl, webhook_version: "v1" }),
  };
}

const errors: ErrorTable = {
  unauthorized: "auth",
  unathorized: "auth", // as the OpenAPI file spells it
  forbidden: "auth",
  unprovisioned: "auth",
  "account-suspended": "auth",
  "application-suspended": "auth",
  "jwt-expired": "auth",
  "jwt-revoked": "auth",
  "invalid-api-key": "auth",
  "invalid-signature": "auth",
  "invalid-ip": "auth",
  "low-balance": "quota",
  throttled: "rate_limited",
  1000: "rate_limited", // throttled
  1030: "unavailable", // internal error
  1050: "blocked", // number barred
  1060: "auth", // account barred
  1070: "quota", // quota exceeded
  1080: "auth", // account not enabled for REST
  1100: "unavailable", // communication failed, not submitted
  1120: "rejected", // illegal sender
  1160: "rejected", // destination is not on the trial's list
  1170: "invalid_recipient", // invalid recipient
  1190: "invalid_recipient", // no longer active
  1240: "blocked", // the recipient opted out
  1241: "rate_limited", // too many requests to phone numbers
  1250: "rejected", // unroutable
  1420: "rejected", // invalid sender
  1430: "invalid_recipient", // invalid recipient for the channel
  1460: "quota", // daily limit exceeded
  1470: "blocked", // Fraud Defender: traffic rule
  1472: "rate_limited", // Fraud Defender: burst protection
  1473: "blocked", // Fraud Defender: artificially inflated traffic
  1474: "blocked", // Fraud Defender: country
  1475: "blocked", // Fraud Defender: network
  1480: "rejected", // DLT: entity
  1481: "rejected", // DLT: header
  1482: "rejected", // DLT: content
  1483: "rejected", // DLT: consent
};

/** The code at the end of a problem's `type`, such as `https://developer.vonage.com/api-errors/messages#1000`. */
const codeOf = (type: string | undefined): string | undefined =>
  type === undefined ? undefined : /#([\w-]+)$/.exec(type)?.[1];

function interpret(reply: ApiReply): SendResult | undefined {
  if (reply.status < 300) {
    const messageId = textAt(reply.json, "message_uuid");
    return messageId === undefined ? undefined : { outcome: "accepted", messageId };
  }
  const code = codeOf(textAt(reply.json, "type"));
  if (reply.status === 422 && textAt(reply.json, "title") === "Invalid recipient")
    return refused(reply, "invalid_recipient", code);
  return refusedByCode(errors, code, reply);
}

const states: StatusTable = {
  submitted: "sent",
  delivered: "delivered",
  read: "delivered",
  rejected: "undelivered",
  undeliverable: "undelivered",
};

function parseReceipt(request: ReceiptRequest, secret: string | undefined, now: number): ParsedReceipts {
  const claims = secret === undefined ? undefined : hs256Claims(headerOf(request, "authorization") ?? "", secret, now);
  const hash = createHash("sha256").update(request.body).digest("hex");
  if (!sameSignature(textAt(claims, "payload_hash") ?? "", hash)) return forged;
  const json = jsonOf(request);
  const [messageId, state] = [textAt(json, "message_uuid"), textAt(json, "status")];
  if (messageId === undefined || state === undefined) return malformed;
  const code = codeOf(textAt(json, "error", "type")) ?? textAt(json, "error", "title");
  return { kind: "receipts", receipts: [receiptOf(states, messageId, state, { code, at: textAt(json, "timestamp") })] };
}
