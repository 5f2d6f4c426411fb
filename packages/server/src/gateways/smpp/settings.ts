/** Settings of the SMPP gateway: what an operator enters, and what the link is given. */
import { isIPv6 } from "node:net";
import Type from "typebox";
import { alphabets, type SmscAlphabet } from "../lib/alphabets.ts";
import { textOf } from "../lib/settings.ts";
import type { ConfigField } from "../port.ts";
import type { LinkOptions } from "./link.ts";
import type { ReceiptIds } from "./receipt.ts";
import type { Concatenation } from "./text.ts";

/** Minutes that cover the longest life of a code: later than that a message is of no use. */
const usual = { window: 10, enquireLink: 30 };

const either = (pattern: string) => Type.Optional(Type.String({ pattern: `^(${pattern})?$` }));
const optional = (name: string, label: string, help: string): ConfigField => ({
  name,
  label,
  help,
  secret: false,
  required: false,
});

export const smppConfig = Type.Object({
  url: Type.String({ pattern: "^smpps?://([^/?#:@\\s\\[\\]]+|\\[[0-9a-fA-F:.]+\\])(:[1-9]\\d{0,4})?/?$" }),
  systemId: Type.String({ pattern: "^[\\x20-\\x7e]{1,64}$" }),
  password: Type.String({ pattern: "^[\\x20-\\x7e]{1,64}$" }),
  systemType: either("[\\x20-\\x7e]{1,12}"),
  ca: Type.Optional(Type.String()),
  from: either("[\\x20-\\x7e]{1,20}"),
  sourceTon: either("[0-6]"),
  sourceNpi: either("\\d|1[0-8]"),
  destinationTon: either("[0-6]"),
  destinationNpi: either("\\d|1[0-8]"),
  window: either("[1-9]\\d{0,2}|1000"),
  enquireLink: either("[1-9]\\d{0,3}"),
  validity: either("off|[1-9]\\d{0,2}|1[0-3]\\d\\d"),
  alphabet: either(alphabets.join("|")),
  concatenation: either("udh|sar|payload"),
  receiptIds: either("same|decimal|hexadecimal"),
  dltChain: either("[\\x21-\\x7e]{1,128}"),
});

export const smppFields: readonly ConfigField[] = [
  {
    name: "url",
    label: "URL",
    help: "smpp://host:2775, or smpps://host:3550 for TLS.",
    secret: false,
    required: true,
    example: "smpps://smsc.example.com:3550",
  },
  {
    name: "systemId",
    label: "System id",
    help: "By which the SMSC knows you; at most 15 characters by the standard.",
    secret: false,
    required: true,
    example: "antryk",
  },
  {
    name: "password",
    label: "Password",
    help: "At most 8 characters by the standard; many SMSCs take more.",
    secret: true,
    required: true,
  },
  optional("systemType", "System type", "If the SMSC asks for one."),
  optional(
    "ca",
    "CA certificates",
    "PEM of the authorities that signed the SMSC's certificate; those that Node.js trusts if none is given.",
  ),
  optional("from", "Sender", "Number or name that messages come from; the SMSC's own if none is given."),
  optional("sourceTon", "Sender's TON", "Type of number, 0 to 6; made from the sender if none is given."),
  optional("sourceNpi", "Sender's NPI", "Numbering plan, 0 to 18; made from the sender if none is given."),
  optional("destinationTon", "Recipient's TON", "Type of number, 0 to 6; 1 (international) if none is given."),
  optional("destinationNpi", "Recipient's NPI", "Numbering plan, 0 to 18; 1 (E.164) if none is given."),
  optional(
    "window",
    "Window",
    `Messages that may wait for their answers, 1 to 1000; ${usual.window} if none is given.`,
  ),
  optional(
    "enquireLink",
    "Enquire link",
    `Seconds of silence before the SMSC is asked; ${usual.enquireLink} if none is given.`,
  ),
  optional(
    "validity",
    "Validity",
    "Minutes until the SMSC gives up a message (default: as long as its code lives), or off.",
  ),
  optional(
    "alphabet",
    "Alphabet",
    "What the SMSC reads a text of data_coding 0 in: gsm7 (if none is given), latin1 or ascii; ucs2: all goes as UCS-2.",
  ),
  optional("concatenation", "Long texts", "udh (if none is given), sar, or payload: the SMSC splits them."),
  optional(
    "receiptIds",
    "Ids in receipts",
    "decimal or hexadecimal, if responses give ids in the other; same if none is given.",
  ),
  optional("dltChain", "DLT chain hash", "India: hash of the chain from you to the telemarketer, TLV 0x1402."),
];

export interface SmppSettings {
  readonly link: Omit<LinkOptions, "onDeliver">;
  /** What every submit_sm holds. */
  readonly frame: Readonly<Record<string, unknown>>;
  readonly from: string;
  readonly sourceTon: number | undefined;
  readonly sourceNpi: number | undefined;
  readonly concatenation: Concatenation;
  readonly alphabet: SmscAlphabet;
  /** Minutes until the SMSC gives up a message. */
  readonly validity: number | "off" | "as long as the code";
  readonly receiptIds: ReceiptIds;
  readonly dltChain: string | undefined;
}

/** From settings that fit the schema. */
export function readSmppSettings(config: Readonly<Record<string, unknown>>): SmppSettings {
  const text = (name: string): string | undefined => textOf(config[name]);
  const number = (name: string): number | undefined => (text(name) === undefined ? undefined : Number(text(name)));
  const [, secure, host = "", port] = /^smpp(s?):\/\/(.+?)(?::(\d+))?\/?$/.exec(String(config.url)) ?? [];
  const ca = text("ca");
  return {
    link: {
      host: isIPv6(host.slice(1, -1)) ? host.slice(1, -1) : host,
      port: port === undefined ? (secure ? 3550 : 2775) : Number(port),
      ...(secure ? { tls: ca === undefined ? {} : { ca } } : {}),
      bind: { system_id: text("systemId"), password: text("password"), system_type: text("systemType") ?? "" },
      window: number("window") ?? usual.window,
      times: { enquireLink: (number("enquireLink") ?? usual.enquireLink) * 1000 },
    },
    frame: {
      dest_addr_ton: number("destinationTon") ?? 1,
      dest_addr_npi: number("destinationNpi") ?? 1,
    },
    validity: text("validity") === "off" ? "off" : (number("validity") ?? "as long as the code"),
    from: text("from") ?? "",
    sourceTon: number("sourceTon"),
    sourceNpi: number("sourceNpi"),
    concatenation: (text("concatenation") ?? "udh") as Concatenation,
    alphabet: (text("alphabet") ?? "gsm7") as SmscAlphabet,
    receiptIds: (text("receiptIds") ?? "same") as ReceiptIds,
    dltChain: text("dltChain"),
  };
}
