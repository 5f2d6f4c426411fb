/**
 * Hands each message to the sendsms interface of Kannel's smsbox (Kannel 1.4.5 User's Guide, chapter 7, "Using the HTTP
 * interface to send SMS messages", tables 7-16 and 7-17; www.kannel.org, in Debian's kannel-docs 1.4.5-12, read
 * 2026-11).
 *
 * Kannel says 202 both when an SMSC driver took the message ("0: Accepted for delivery") and when none is connected and
 * it only stored it ("3: Queued for later delivery"), so the body decides. A stored message has not left. When it will
 * is unknown, and it can't be called back: that is neither acceptance nor refusal. It ends as an unknown outcome: the
 * caller gets the error of a gateway that is out, the code verifies should the message arrive, and the next send says
 * the same code. A 2xx without one of Kannel's answers is of unknown outcome too: something else answered.
 *
 * Receipts are asked for with a URL of ours (dlr-url) that Kannel fetches by GET. sendsms returns no id of Kannel's, so
 * the URL names the message by ours; `%d` becomes the kind of report (gw/dlr.h of Kannel 1.4.5: 1, 2, 4, 8, 16, and in
 * later ones 0x22 expired and 0x42 unknown). Kannel signs nothing: the token in the URL is what is checked.
 *
 * What Kannel does not report: it silently cuts a text longer than `max-messages` of its sendsms-user allows (1 if not
 * set).
 *
 * The credentials travel in the query, as Kannel wants them: https or a private network, and no URL in any error or
 * log.
 */
import Type from "typebox";
import { request } from "undici";
import { alphabets, encodedIn, type SmscAlphabet } from "./lib/alphabets.ts";
import { classifyStatus, classifyTransportFault, readBounded } from "./lib/http-client.ts";
import { malformed, receiptOf, type StatusTable } from "./lib/receipt-reading.ts";
import { phoneSender } from "./lib/sender.ts";
import { validityMinutes } from "./lib/settings.ts";
import type { FailureClass, OutgoingMessage, ParsedReceipts, Provider, ReceiptRequest, SendResult } from "./port.ts";

/**
 * The sum of the kinds of report that `states` has: delivered, not delivered, buffered, taken and refused by the SMSC.
 */
const everyReport = "31";

export const provider: Provider = {
  id: "kannel",
  name: "Kannel",
  summary: "Hands each message to the sendsms interface of a Kannel smsbox.",
  config: Type.Object({
    url: Type.String({ pattern: "^https?://[^/?#]+" }),
    username: Type.String({ minLength: 1 }),
    password: Type.String({ minLength: 1 }),
    from: Type.Optional(Type.String({ maxLength: 20 })),
    smsc: Type.Optional(Type.String({ maxLength: 100 })),
    alphabet: Type.Optional(Type.String({ pattern: `^(${alphabets.join("|")})?$` })),
    validity: Type.Optional(Type.String({ pattern: "^(off|[1-9]\\d{0,4})?$" })),
  }),
  fields: [
    {
      name: "url",
      label: "URL",
      help: "The smsbox's sendsms URL, such as http://127.0.0.1:13013/cgi-bin/sendsms.",
      secret: false,
      required: true,
      example: "http://127.0.0.1:13013/cgi-bin/sendsms",
    },
    {
      name: "username",
      label: "User name",
      help: "Of a sendsms-user group; give that max-messages and concatenation, or Kannel cuts long texts.",
      secret: false,
      required: true,
      example: "antryk",
    },
    { name: "password", label: "Password", help: "Of the same sendsms-user group.", secret: true, required: true },
    {
      name: "from",
      label: "Sender",
      help: "Number or name that messages come from; Kannel's own if none is given.",
      secret: false,
      required: false,
    },
    {
      name: "smsc",
      label: "SMSC",
      help: "The smsc-id to route by; Kannel chooses if none is given.",
      secret: false,
      required: false,
    },
    {
      name: "alphabet",
      label: "Alphabet",
      help: "The `alt-charset` of Kannel's SMSC: gsm7 (if none is given), latin1 or ascii; ucs2: all goes as UCS-2.",
      secret: false,
      required: false,
    },
    {
      name: "validity",
      label: "Validity",
      help: "Minutes until Kannel and the SMSC give up a message (default: as long as its code lives), or off.",
      secret: false,
      required: false,
    },
  ],
  capabilities: { receipts: true, immediate: false },
  sender: phoneSender("from"),
  receiptsBy: { address: "per message", proof: "token" },
  reference: { url: "https://www.kannel.org", readOn: "2026-11" },
  notes: [
    "Give the `sendsms-user` group `max-messages` and `concatenation = true`. Without them Kannel cuts what " +
      "does not fit into one SMS, and says that it took it.",
    "While no SMSC is connected Kannel only stores a message. That is an unknown outcome: the code verifies " +
      "should it arrive, and only a route with `+timeout` asks the next gateway.",
    "Kannel fetches the receipt address by GET and signs nothing: who knows the address can report. Keep it " +
      "secret. What its SMSC reports is what you get: some report only that they took the message.",
    "User name and password travel in the query, as Kannel wants them: use https or a private network.",
  ],
  create: (config, { dispatcher, receiptUrl }) => ({
    async send(message, signal): Promise<SendResult> {
      try {
        // `idempotent: false`: a GET that sends an SMS must not be repeated by the pool.
        const reply = await request(requestUrl(config, message, receiptUrl), {
          method: "GET",
          idempotent: false,
          dispatcher,
          signal,
        });
        const taken = reply.statusCode >= 200 && reply.statusCode < 300;
        const text = await readBounded(reply.body).catch((fault: unknown) => {
          if (taken) throw fault;
          return "";
        });
        const result = classify(reply.statusCode, text.trim(), reply.headers["retry-after"]);
        return result.outcome === "accepted" && receiptUrl !== undefined
          ? { ...result, messageId: message.id }
          : result;
      } catch (fault) {
        return classifyTransportFault(fault);
      }
    },
    parseReceipt,
  }),
};

/** The operator's URL keeps the parameters that it has, such as `account` or `priority`. */
function requestUrl(
  config: Readonly<Record<string, unknown>>,
  message: OutgoingMessage,
  receiptUrl: string | undefined,
): URL {
  const { id, to, text, sender } = message;
  const url = new URL(String(config.url));
  const { username, password, from, smsc, alphabet, validity } = config;
  const parameters = {
    username,
    password,
    from: sender ?? from,
    to,
    text,
    coding: encodedIn((alphabet || "gsm7") as SmscAlphabet, text) ? "0" : "2",
    charset: "UTF-8",
    smsc,
    validity: validity === "off" ? undefined : validity || validityMinutes(message),
    "dlr-mask": receiptUrl && everyReport,
    "dlr-url": receiptUrl && `${receiptUrl}?id=${encodeURIComponent(id)}&status=%d`,
  };
  for (const [name, value] of Object.entries(parameters)) if (value) url.searchParams.set(name, String(value));
  return url;
}

/** Refusals that Kannel words; `denied` is said of the number, `Not routable` of the routes that are configured. */
const refusals: readonly (readonly [RegExp, FailureClass, string])[] = [
  [/^Authorization failed/i, "auth", "authorization failed"],
  [/^Number\(s\) has\/have been denied/i, "blocked", "denied by a list"],
  [/^Not routable/i, "rejected", "not routable"],
  [/^Sender missing/i, "rejected", "sender missing"],
  [/^Unknown request/i, "rejected", "no sendsms at this URL"],
  [/^Temporal failure/i, "unavailable", "temporal failure"],
  [/^Sending failed/i, "unavailable", "sending failed"],
];

function classify(status: number, text: string, retryAfter: string | string[] | undefined): SendResult {
  const failed = (failure: FailureClass, ambiguous: boolean, what: string): SendResult => ({
    outcome: "failed",
    class: failure,
    ambiguous,
    detail: `HTTP ${status} ${what}`,
  });
  for (const [words, failure, what] of refusals) if (words.test(text)) return failed(failure, false, what);
  if (status >= 200 && status < 300) {
    // "Sent." is the answer under `immediate-sendsms-reply`.
    if (/^(0:|Sent\.)/.test(text)) return { outcome: "accepted" };
    if (/^3:/.test(text)) return failed("unavailable", true, "queued, no SMSC is connected");
    return failed("unknown", true, "without an answer of Kannel");
  }
  // A proxy that lost Kannel's answer.
  if (status === 502) return failed("unknown", true, "from a proxy");
  return classifyStatus(status, retryAfter);
}

const states: StatusTable = {
  1: "delivered",
  2: "undelivered",
  4: "queued", // buffered by the SMSC
  8: "sent", // taken by the SMSC
  16: "undelivered", // refused by the SMSC
  34: "undelivered", // expired
  66: "unknown",
};

function parseReceipt({ query }: ReceiptRequest): ParsedReceipts {
  const [id, status] = [query.get("id"), query.get("status")];
  if (!id || !status || !/^-?\d{1,4}$/.test(status)) return malformed;
  const code = status === "1" || status === "8" ? undefined : status;
  return { kind: "receipts", receipts: [receiptOf(states, id, status, { code })] };
}
