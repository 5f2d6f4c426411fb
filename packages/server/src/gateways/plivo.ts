/**
 * Plivo, Messages API.
 *
 * Read 2026-11: docs.plivo.com/docs/messaging/api/message/send-a-message (the fields), …/messaging/api/response
 * (success, the statuses and an error's form), …/messaging/api/message/message-status-callbacks (receipts),
 * …/messaging/concepts/signature-validation (V2) and …/voice/xml/request/validation (V3; "uri" there may be a message
 * callback).
 *
 * 202 with a `message_uuid` is acceptance; units and price come only with the receipts. Errors carry a text and no
 * code, so they are classified by their status; only numbers that Plivo lists as invalid (`invalid_number` of a reply,
 * which its SDKs read) are permanent. Receipts: V3 signs the URL and all fields, V2 the URL alone. A request with a V3
 * signature is judged by V3; V2 counts only if there is none. How V3 joins URL, fields and nonce is documented only by
 * Plivo's open-source SDKs; this follows their description and could not be checked against a live callback. Neither
 * could the texts of errors, nor what Plivo answers when credit runs out.
 */
import { createHmac } from "node:crypto";
import Type from "typebox";
import { type ApiReply, basicAuth, callApi, jsonCall, refused, textAt, valueAt } from "./lib/api-call.ts";
import {
  forged,
  formOf,
  headerOf,
  malformed,
  receiptOf,
  type StatusTable,
  sameSignature,
} from "./lib/receipt-reading.ts";
import { phoneSender, senderOf } from "./lib/sender.ts";
import { baseUrlField, baseUrlOf, baseUrlSetting } from "./lib/settings.ts";
import type { OutgoingMessage, ParsedReceipts, Provider, ReceiptRequest, SendResult } from "./port.ts";

const usualUrl = "https://api.plivo.com";
const powerpack = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export const provider: Provider = {
  id: "plivo",
  name: "Plivo",
  summary: "Sends through Plivo's Messages API; delivery is reported by signed callbacks.",
  config: Type.Object({
    authId: Type.String({ pattern: "^[A-Z0-9]{20}$" }),
    authToken: Type.String({ minLength: 1 }),
    from: Type.String({ minLength: 1, maxLength: 36 }),
    baseUrl: baseUrlSetting,
  }),
  fields: [
    {
      name: "authId",
      label: "Auth ID",
      help: "MA… or SA… of the account that sends.",
      secret: false,
      required: true,
      example: "MA000000000000000000",
    },
    {
      name: "authToken",
      label: "Auth token",
      help: "Of the same account; receipts are signed with it too.",
      secret: true,
      required: true,
    },
    {
      name: "from",
      label: "Sender",
      help: "A number of yours, a sender name, a short code, or the UUID of a Powerpack.",
      secret: false,
      required: true,
      example: "+14155550100",
    },
    baseUrlField(usualUrl),
  ],
  capabilities: { receipts: true, immediate: false },
  sender: phoneSender("from", { ids: { pattern: powerpack, what: "the UUID of a Powerpack" } }),
  receiptsBy: { address: "per message", proof: "signature" },
  dlt: "all ids",
  reference: { url: "https://docs.plivo.com/docs/messaging/api/message/send-a-message", readOn: "2026-11" },
  notes: [
    "Receipts are signed over their URL: it must reach this server as it was sent.",
    "Plivo's errors carry no code, so all but invalid numbers are judged by their HTTP status.",
    "How Plivo joins what it signs (V3) is documented only by its own libraries; not checked against a live callback.",
  ],
  create: (config, context) => {
    const [authId, authToken] = [String(config.authId), String(config.authToken)];
    const url = `${baseUrlOf(config, usualUrl)}/v1/Account/${authId}/Message/`;
    const headers = { authorization: basicAuth(authId, authToken) };
    return {
      send: (message, signal) =>
        callApi(
          jsonCall(url, headers, encode(message, String(config.from), context.receiptUrl)),
          context,
          signal,
          interpret,
        ),
      parseReceipt: (request) => parseReceipt(request, authToken),
    };
  },
};

function encode(message: OutgoingMessage, from: string, receiptUrl: string | undefined): object {
  const { to, text, dlt } = message;
  const sender = senderOf(message, from);
  return {
    ...(powerpack.test(sender) ? { powerpack_uuid: sender } : { src: sender }),
    dst: to.slice(1),
    text,
    ...(receiptUrl === undefined ? {} : { url: receiptUrl, method: "POST" }),
    ...(dlt ? { dlt_entity_id: dlt.entityId, dlt_template_id: dlt.templateId } : {}),
  };
}

function interpret(reply: ApiReply): SendResult | undefined {
  const invalid = valueAt(reply.json, "invalid_number");
  const messageId = reply.status < 300 ? textAt(reply.json, "message_uuid", 0) : undefined;
  if (messageId !== undefined) return { outcome: "accepted", messageId };
  return Array.isArray(invalid) && invalid.length > 0 && reply.status < 500
    ? refused(reply, "invalid_recipient", "invalid_number")
    : undefined;
}

const states: StatusTable = {
  queued: "queued",
  sent: "sent",
  delivered: "delivered",
  read: "delivered",
  failed: "undelivered",
  undelivered: "undelivered",
  rejected: "undelivered",
};

function parseReceipt(request: ReceiptRequest, authToken: string): ParsedReceipts {
  const form = formOf(request);
  if (!isSigned(request, form, authToken)) return forged;
  const fields = Object.fromEntries(form);
  const [messageId, state] = [textAt(fields, "MessageUUID"), textAt(fields, "Status")];
  if (messageId === undefined || state === undefined) return malformed;
  return { kind: "receipts", receipts: [receiptOf(states, messageId, state, { code: textAt(fields, "ErrorCode") })] };
}

/** By the token of the account that sent, or of the main account ("Ma") if the two differ. */
function isSigned(request: ReceiptRequest, form: URLSearchParams, authToken: string): boolean {
  const sent = (version: string) =>
    [`x-plivo-signature-${version}`, `x-plivo-signature-ma-${version}`].flatMap(
      (name) => headerOf(request, name)?.split(",") ?? [],
    );
  const matches = (signatures: readonly string[], signed: string): boolean => {
    const expected = createHmac("sha256", authToken).update(signed).digest("base64");
    return signatures.some((signature) => sameSignature(signature.trim(), expected));
  };
  // Without a public URL nobody knows what was signed.
  const url = URL.parse(request.url);
  if (!url) return false;
  const base = `${url.protocol}//${url.host}${url.pathname}`;
  const v3 = sent("v3");
  if (v3.length === 0) return matches(sent("v2"), base + (headerOf(request, "x-plivo-signature-v2-nonce") ?? ""));
  const query = sortedPairs(url.searchParams, "=").join("&");
  const fields = sortedPairs(form, "").join("");
  const joined = `${query}${query && fields ? "." : ""}${fields}`;
  return matches(v3, `${base}${joined ? "?" : ""}${joined}.${headerOf(request, "x-plivo-signature-v3-nonce") ?? ""}`);
}

function sortedPairs(fields: URLSearchParams, between: string): string[] {
  const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  return [...fields]
    .sort(([a, x], [b, y]) => order(a, b) || order(x, y))
    .map(([name, value]) => `${name}${between}${value}`);
}
