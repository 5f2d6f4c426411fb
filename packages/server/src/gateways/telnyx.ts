/**
 * Telnyx Messaging, API v2: POST /v2/messages.
 *
 * Read 2026-11: the types of npm `telnyx`, which are made from github.com/team-telnyx/openapi (the fields, the states),
 * developers.telnyx.com/docs/messaging/messages/receiving-webhooks and /error-codes,
 * support.telnyx.com/en/articles/6505121 (the codes), developers.telnyx.com/docs/development/api-fundamentals/webhooks
 * (the signature).
 *
 * 200 with `data.id` and a state of the recipient that is no failure is acceptance. Receipts are signed with Ed25519
 * over the time and the body. Telnyx's own validity is not set: the API has no field for it. It has none for India's
 * DLT ids either; the registered header goes as the sender. Could not be checked against a live account: which codes a
 * POST answers beside 10xxx, 20xxx and 403xx.
 */
import { createPublicKey, type KeyObject, verify } from "node:crypto";
import Type from "typebox";
import {
  type ApiReply,
  callApi,
  countAt,
  type ErrorTable,
  jsonCall,
  refused,
  refusedByCode,
  textAt,
} from "./lib/api-call.ts";
import { forged, headerOf, jsonOf, malformed, receiptOf, type StatusTable } from "./lib/receipt-reading.ts";
import { phoneSender, senderKind, senderOf } from "./lib/sender.ts";
import { baseUrlField, baseUrlOf, baseUrlSetting, textOf } from "./lib/settings.ts";
import type { Accepted, OutgoingMessage, ParsedReceipts, Provider, ReceiptRequest, SendResult } from "./port.ts";

const usualUrl = "https://api.telnyx.com";
/** How old or how early a receipt may be. */
const toleranceSeconds = 300;

export const provider: Provider = {
  id: "telnyx",
  name: "Telnyx",
  summary: "Sends through Telnyx's v2 messages API; delivery is reported by signed webhooks.",
  config: Type.Object({
    apiKey: Type.String({ pattern: "^[\\x21-\\x7e]+$" }),
    publicKey: Type.String({ pattern: "^[A-Za-z0-9+/]{43}=$" }),
    from: Type.Optional(Type.String({ maxLength: 20 })),
    messagingProfileId: Type.Optional(Type.String({ pattern: "^([0-9a-fA-F-]{36})?$" })),
    baseUrl: baseUrlSetting,
  }),
  fields: [
    { name: "apiKey", label: "API key", help: "KEY… of the account, API v2.", secret: true, required: true },
    {
      name: "publicKey",
      label: "Public key",
      help: "Of the account, Base64, in Mission Control: receipts are signed for it.",
      secret: false,
      required: true,
      example: "MCowBQYDK2VwAyEAexampleexampleexampleexampl=",
    },
    {
      name: "from",
      label: "Sender",
      help:
        "A number of yours (+…), a short code or a sender name; a number of the messaging profile if none is " +
        "given.",
      secret: false,
      required: false,
    },
    {
      name: "messagingProfileId",
      label: "Messaging profile",
      help: "Its id; needed if the sender is a name or none is given.",
      secret: false,
      required: false,
    },
    baseUrlField(usualUrl),
  ],
  capabilities: { receipts: true, immediate: false },
  sender: phoneSender("from", {
    needsPlus: true,
    problem: (sender, { messagingProfileId }) =>
      senderKind(sender) === "name" && textOf(messagingProfileId) === undefined
        ? "a name needs its Messaging profile (--telnyx-messaging-profile-id)"
        : undefined,
  }),
  receiptsBy: { address: "per message", proof: "signature" },
  dlt: "header",
  reference: { url: "https://developers.telnyx.com/docs/messaging/messages/receiving-webhooks", readOn: "2026-11" },
  notes: [
    "Receipts are signed for the account's public key; they are refused if they are older than five minutes, " +
      "so keep the clock right.",
    "A sender name, or none, needs `--telnyx-messaging-profile-id`.",
    "The API has no field for India's DLT ids; the registered header goes as the sender.",
    "Telnyx has no field for how long a message may live: one that is late may come when its code has expired.",
    "Not checked against a live account.",
  ],
  create: (config, context) => {
    const url = `${baseUrlOf(config, usualUrl)}/v2/messages`;
    const headers = { authorization: `Bearer ${String(config.apiKey)}`, accept: "application/json" };
    const key = readKey(String(config.publicKey));
    return {
      send: (message, signal) =>
        callApi(jsonCall(url, headers, encode(message, config, context.receiptUrl)), context, signal, interpret),
      parseReceipt: (request) => (isSigned(request, key, context.now()) ? parseReceipt(request) : forged),
    };
  },
};

function encode(
  message: OutgoingMessage,
  config: Readonly<Record<string, unknown>>,
  receiptUrl: string | undefined,
): object {
  return {
    from: senderOf(message, textOf(config.from)),
    to: message.to,
    text: message.text,
    type: "SMS",
    messaging_profile_id: textOf(config.messagingProfileId),
    webhook_url: receiptUrl,
  };
}

const errors: ErrorTable = {
  10001: "rejected", // inactive phone number
  10002: "rejected", // invalid phone number; see `interpret`
  10003: "rejected", // invalid URL
  10004: "rejected", // missing required parameter
  10005: "rejected", // resource not found
  10006: "rejected", // invalid id
  10007: "unavailable", // unexpected error
  10009: "auth", // authentication failed
  10010: "auth", // authorization failed
  10011: "rate_limited", // too many requests
  10015: "rejected", // bad request
  10016: "rejected", // not E.164; see `interpret`
  20002: "auth", // API key revoked
  20006: "auth", // expired access token
  20012: "auth", // account inactive
  20013: "auth", // account blocked
  20014: "auth", // account unverified
  20015: "auth", // feature not enabled
  20016: "auth", // account not level 1 verified
  20017: "auth", // account not level 2 verified
  20100: "quota", // insufficient funds
  40001: "invalid_recipient", // not routable: a landline
  40002: "rejected", // blocked as spam, for now
  40003: "rejected", // blocked as spam, the sender for good
  40010: "rejected", // not registered for 10DLC
  40011: "rate_limited", // too many requests upstream
  40015: "rejected", // blocked as spam by Telnyx
  40016: "quota", // T-Mobile's daily limit
  40018: "rate_limited", // AT&T's limit a minute
  40100: "rejected", // the sender is not enabled for messages
  40150: "rejected", // toll-free sender not in the registry
  40151: "rejected", // enabled by another provider
  40300: "blocked", // the recipient said STOP
  40301: "rejected", // the recipient takes no such message from this sender
  40302: "rejected", // too large
  40304: "rejected", // content fields do not go together
  40305: "rejected", // invalid sender
  40306: "rejected", // sender name not configured
  40309: "rejected", // region not allowed by the profile
  40310: "invalid_recipient", // invalid 'to' address
  40311: "auth", // invalid profile secret
  40312: "auth", // profile disabled
  40313: "auth", // missing profile secret
  40314: "auth", // messaging disabled on the account
  40315: "rejected", // unhealthy sender
  40316: "rejected", // no content
  40318: "rate_limited", // queue full
  40319: "rejected", // sender and recipient do not go together
  40320: "unavailable", // sender not usable yet
  40321: "rejected", // no usable numbers on the profile
  40322: "rejected", // blocked for its content
  40329: "rejected", // toll-free sender not verified
};

const failedStates = new Set(["sending_failed", "delivery_failed", "expired"]);

function interpret(reply: ApiReply): SendResult | undefined {
  if (reply.status >= 300) {
    const [code, pointer] = [
      textAt(reply.json, "errors", 0, "code"),
      textAt(reply.json, "errors", 0, "source", "pointer"),
    ];
    if ((code === "10002" || code === "10016") && pointer === "/to") return refused(reply, "invalid_recipient", code);
    return refusedByCode(errors, code, reply);
  }
  const [messageId, state] = [textAt(reply.json, "data", "id"), textAt(reply.json, "data", "to", 0, "status")];
  if (messageId === undefined || state === undefined) return undefined;
  const code = textAt(reply.json, "data", "errors", 0, "code");
  if (failedStates.has(state)) return refusedByCode(errors, code, reply) ?? refused(reply, "rejected", code ?? state);
  const segments = countAt(reply.json, "data", "parts");
  return { outcome: "accepted", messageId, ...(segments === undefined ? {} : { segments }), ...priceOf(reply) };
}

/** Often known only later. */
function priceOf({ json }: ApiReply): Pick<Accepted, "price"> {
  const [amount, currency] = [textAt(json, "data", "cost", "amount"), textAt(json, "data", "cost", "currency")];
  return amount !== undefined && /^\d+(\.\d+)?$/.test(amount) && currency !== undefined
    ? { price: { amount, currency } }
    : {};
}

/** A raw public key; `undefined` if it is none. */
function readKey(base64: string): KeyObject | undefined {
  try {
    return createPublicKey({
      key: { kty: "OKP", crv: "Ed25519", x: Buffer.from(base64, "base64").toString("base64url") },
      format: "jwk",
    });
  } catch {
    return undefined;
  }
}

function isSigned(request: ReceiptRequest, key: KeyObject | undefined, now: number): boolean {
  const [signature, time] = [headerOf(request, "telnyx-signature-ed25519"), headerOf(request, "telnyx-timestamp")];
  if (!key || !signature || !time || !/^\d{1,12}$/.test(time) || !isBase64(signature)) return false;
  if (Math.abs(Math.floor(now / 1000) - Number(time)) > toleranceSeconds) return false;
  return verify(null, Buffer.concat([Buffer.from(`${time}|`), request.body]), key, Buffer.from(signature, "base64"));
}

/** 64 bytes in one form alone: what is written otherwise is not Telnyx's. */
const isBase64 = (text: string): boolean => /^[A-Za-z0-9+/]{86}==$/.test(text);

const states: StatusTable = {
  queued: "queued",
  sending: "queued",
  sent: "sent",
  delivered: "delivered",
  read: "delivered",
  delivery_unconfirmed: "unknown",
  sending_failed: "undelivered",
  delivery_failed: "undelivered",
  expired: "undelivered",
};

function parseReceipt(request: ReceiptRequest): ParsedReceipts {
  const event = jsonOf(request);
  const [type, messageId] = [textAt(event, "data", "event_type"), textAt(event, "data", "payload", "id")];
  const state = textAt(event, "data", "payload", "to", 0, "status");
  if (type === undefined || messageId === undefined || state === undefined) return malformed;
  // Such as an answer of the recipient's.
  if (type !== "message.sent" && type !== "message.finalized") return { kind: "receipts", receipts: [] };
  const details = {
    code: textAt(event, "data", "payload", "errors", 0, "code"),
    at: textAt(event, "data", "occurred_at"),
  };
  return { kind: "receipts", receipts: [receiptOf(states, messageId, state, details)] };
}
