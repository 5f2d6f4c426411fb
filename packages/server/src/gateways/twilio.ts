/**
 * Twilio, Programmable Messaging: creates a Message resource.
 *
 * Read 2026-11: www.twilio.com/docs/messaging/api/message-resource (the fields and the states), the OpenAPI file of
 * 2026-04-14 (github.com/twilio/twilio-oai, spec/json/twilio_api_v2010.json, CreateMessage),
 * www.twilio.com/docs/api/errors (the codes, in its JSON list), www.twilio.com/docs/usage/twilios-response (an error's
 * form), www.twilio.com/docs/usage/webhooks/webhooks-security.
 *
 * 201 with a `sid` and a `status` that is no failure is acceptance. The reply has the segments unless a Messaging
 * Service still has to choose the sender (then 0), and no price yet. Twilio says that a 429 was never processed.
 * Receipts are signed with the account's auth token over the URL that they were sent to and all form fields, so the URL
 * must reach us unchanged. Could not be checked against a live account: which codes beside 21xxx a POST can answer, and
 * Twilio's India (DLT) registration, which has no field in this API.
 */
import { createHash, createHmac } from "node:crypto";
import { parse, stringify } from "node:querystring";
import Type from "typebox";
import {
  type ApiReply,
  basicAuth,
  callApi,
  countAt,
  type ErrorTable,
  formCall,
  refused,
  refusedByCode,
  textAt,
} from "./lib/api-call.ts";
import {
  forged,
  formOf,
  headerOf,
  jsonOf,
  malformed,
  receiptOf,
  type StatusTable,
  sameSignature,
} from "./lib/receipt-reading.ts";
import { phoneSender } from "./lib/sender.ts";
import { baseUrlField, baseUrlOf, baseUrlSetting, textOf, validitySeconds } from "./lib/settings.ts";
import type { ParsedReceipts, Provider, ReceiptRequest, SendResult } from "./port.ts";

const usualUrl = "https://api.twilio.com";
const messagingService = /^MG[0-9a-fA-F]{32}$/;

export const provider: Provider = {
  id: "twilio",
  name: "Twilio",
  summary: "Sends through Twilio's Messages API; delivery is reported by signed status callbacks.",
  config: Type.Object({
    accountSid: Type.String({ pattern: "^AC[0-9a-fA-F]{32}$" }),
    authToken: Type.String({ minLength: 1 }),
    apiKey: Type.Optional(Type.String({ pattern: "^(SK[0-9a-fA-F]{32})?$" })),
    apiKeySecret: Type.Optional(Type.String()),
    from: Type.String({ minLength: 1, maxLength: 34 }),
    baseUrl: baseUrlSetting,
  }),
  fields: [
    {
      name: "accountSid",
      label: "Account SID",
      help: "AC… of the account that sends.",
      secret: false,
      required: true,
      example: "AC00000000000000000000000000000000",
    },
    {
      name: "authToken",
      label: "Auth token",
      help: "The account's primary token: receipts are signed with it, and it sends if no API key is given.",
      secret: true,
      required: true,
    },
    {
      name: "apiKey",
      label: "API key SID",
      help: "SK…; sends instead of the auth token.",
      secret: false,
      required: false,
    },
    { name: "apiKeySecret", label: "API key secret", help: "Of the same API key.", secret: true, required: false },
    {
      name: "from",
      label: "Sender",
      help: "A number of yours (+…), a sender name, a short code, or a Messaging Service SID (MG…).",
      secret: false,
      required: true,
      example: "+14155550100",
    },
    baseUrlField(usualUrl, "Another host of the same API, such as a region's"),
  ],
  capabilities: { receipts: true, immediate: false },
  sender: phoneSender("from", {
    needsPlus: true,
    ids: { pattern: messagingService, what: "a Messaging Service SID (MG…)" },
  }),
  receiptsBy: { address: "per message", proof: "signature" },
  reference: { url: "https://www.twilio.com/docs/messaging/api/message-resource", readOn: "2026-11" },
  notes: [
    "Receipts are signed with the auth token, even if an API key sends. They are signed over their URL: it " +
      "must reach this server as it was sent.",
    "A 429 of Twilio's was never processed, so the next gateway may be asked.",
    "India's DLT registration is made with Twilio: its API has no field for the ids.",
    "Not checked against a live account.",
  ],
  create: (config, context) => {
    const { accountSid, authToken, from } = config;
    const url = `${baseUrlOf(config, usualUrl)}/2010-04-01/Accounts/${String(accountSid)}/Messages.json`;
    const [apiKey, apiKeySecret] = [textOf(config.apiKey), textOf(config.apiKeySecret)];
    const authorization =
      apiKey && apiKeySecret ? basicAuth(apiKey, apiKeySecret) : basicAuth(String(accountSid), String(authToken));
    return {
      send: (message, signal) => {
        const sender = message.sender ?? String(from);
        return callApi(
          formCall(
            url,
            { authorization },
            {
              To: message.to,
              [messagingService.test(sender) ? "MessagingServiceSid" : "From"]: sender,
              Body: message.text,
              StatusCallback: context.receiptUrl,
              ValidityPeriod: String(validitySeconds(message)),
            },
          ),
          context,
          signal,
          interpret,
        );
      },
      parseReceipt: (request) => parseReceipt(request, String(authToken)),
    };
  },
};

/** Codes of a refused POST (`code`) and of a message that failed at once (`error_code`). */
const errors: ErrorTable = {
  10001: "auth", // account is not active
  14107: "rate_limited", // SMS send rate limit exceeded
  14111: "rejected", // invalid To phone number for trial mode
  20003: "auth", // permission denied: the credentials
  20005: "auth", // account not active
  20006: "auth", // access denied
  20008: "auth", // test credentials
  20403: "auth", // forbidden
  20404: "rejected", // not found: the account's URL
  20429: "rate_limited", // too many requests
  20500: "unavailable", // internal server error
  20503: "unavailable", // service unavailable
  21211: "invalid_recipient", // invalid 'To' phone number
  21212: "rejected", // invalid 'From' number
  21217: "invalid_recipient", // phone number does not appear to be valid
  21408: "rejected", // region not enabled for SMS
  21602: "rejected", // body is required
  21603: "rejected", // 'From' or MessagingServiceSid is required
  21604: "invalid_recipient", // 'To' is required
  21606: "rejected", // 'From' can't send to this destination
  21608: "rejected", // trial account: 'To' is not verified
  21609: "rejected", // invalid StatusCallback
  21610: "blocked", // the recipient unsubscribed
  21611: "rate_limited", // the sender's queue is full
  21612: "rejected", // 'To' can't be reached from this sender
  21614: "invalid_recipient", // 'To' is no mobile number
  21617: "rejected", // longer than 1,600 characters
  21703: "rejected", // the Messaging Service has no number for it
  21704: "rejected", // the Messaging Service has no numbers
  30001: "rate_limited", // queue overflow
  30002: "auth", // account suspended
  30003: "rejected", // unreachable handset, perhaps for the moment
  30004: "blocked", // message blocked
  30005: "invalid_recipient", // unknown handset
  30006: "invalid_recipient", // landline or unreachable carrier
  30007: "rejected", // filtered: the text or the sender
  30008: "unavailable", // unknown error
};

const failedStates = new Set(["failed", "undelivered", "canceled"]);

function interpret(reply: ApiReply): SendResult | undefined {
  if (reply.status >= 300) return refusedByCode(errors, textAt(reply.json, "code"), reply);
  const [messageId, status, code] = [
    textAt(reply.json, "sid"),
    textAt(reply.json, "status"),
    textAt(reply.json, "error_code"),
  ];
  if (messageId === undefined || status === undefined) return undefined;
  if (failedStates.has(status)) return refusedByCode(errors, code, reply) ?? refused(reply, "rejected", code ?? status);
  const segments = countAt(reply.json, "num_segments");
  return { outcome: "accepted", messageId, ...(segments === undefined ? {} : { segments }) };
}

const states: StatusTable = {
  accepted: "queued",
  scheduled: "queued",
  queued: "queued",
  sending: "queued",
  sent: "sent",
  delivered: "delivered",
  read: "delivered",
  undelivered: "undelivered",
  failed: "undelivered",
  canceled: "undelivered",
};

function parseReceipt(request: ReceiptRequest, authToken: string): ParsedReceipts {
  // Of a body that is no form the URL has the hash, and is signed alone.
  const bodyHash = request.query.get("bodySHA256");
  const form = bodyHash === null ? formOf(request) : new URLSearchParams();
  if (!isSigned(request, form, authToken)) return forged;
  if (bodyHash !== null && !sameSignature(bodyHash, createHash("sha256").update(request.body).digest("hex")))
    return forged;
  const fields: unknown =
    bodyHash === null ? Object.fromEntries(form) : (jsonOf(request) ?? Object.fromEntries(formOf(request)));
  const [messageId, state] = [textAt(fields, "MessageSid"), textAt(fields, "MessageStatus")];
  if (messageId === undefined || state === undefined) return malformed;
  return { kind: "receipts", receipts: [receiptOf(states, messageId, state, { code: textAt(fields, "ErrorCode") })] };
}

/** The address and the form's fields in the order of their names; of a field's values each once, in their order. */
function isSigned(request: ReceiptRequest, form: URLSearchParams, authToken: string): boolean {
  const names = [...new Set(form.keys())].sort();
  const fields = names.flatMap((name) => [...new Set(form.getAll(name))].sort().map((value) => name + value)).join("");
  const given = headerOf(request, "x-twilio-signature") ?? "";
  const matches = addressesOf(request.url).map((address) =>
    sameSignature(
      given,
      createHmac("sha1", authToken)
        .update(address + fields)
        .digest("base64"),
    ),
  );
  return matches.includes(true);
}

/**
 * The forms of an address that Twilio may have signed, as its own library has them (npm `twilio` 6.2, 2026-11): with and
 * without its port, as it came and as `URL` writes it, and with a query that was written anew.
 */
function addressesOf(address: string): string[] {
  const normalized = URL.parse(address)?.href;
  const again = normalized === undefined ? [] : withAndWithoutPort(normalized);
  return [...new Set([...withAndWithoutPort(address), ...again, ...again.map(withQueryAnew)])];
}

function withAndWithoutPort(address: string): string[] {
  const [, scheme = "", user = "", host = "", port, rest = ""] =
    /^(https?:\/\/)([^/?#@]*@)?(\[[^\]]*\]|[^/?#:]*)(:\d+)?(.*)$/is.exec(address) ?? [];
  if (host === "") return [address];
  const usual = scheme.toLowerCase() === "https://" ? ":443" : ":80";
  return [`${scheme}${user}${host}${rest}`, `${scheme}${user}${host}${port ?? usual}${rest}`];
}

function withQueryAnew(address: string): string {
  const at = address.indexOf("?");
  return at < 0 || at === address.length - 1
    ? address
    : `${address.slice(0, at)}?${stringify(parse(address.slice(at + 1)))}`;
}
