/**
 * Delivery receipts of an SMSC (SMPP v3.4 Issue 1.2, §5.2.12 esm_class, §5.2.28 message_state, §5.3.2.12
 * receipted_message_id, appendix B). The text is the vendor's own; docs/smpp-receipts.md has how it varies and
 * where that was found. Its dates are in a time zone that nobody names, so they are not passed on.
 */
import type { Pdu } from "smpp";
import type { Receipt, ReceiptStatus } from "../port.ts";

/**
 * Many SMSCs say a message's id in one base when they take it and in the other in its receipt: what the receipts' text
 * is in, or that both are the same. Without it both are tried.
 */
export type ReceiptIds = "same" | "decimal" | "hexadecimal";

/** Appendix B's message states, ENROUTE and others of §5.2.28, and the words that vendors write for them. */
const words: Readonly<Record<ReceiptStatus, readonly string[]>> = {
  queued: ["BUFFRED", "BUFFERED", "BUFFERD", "QUEUED", "SCHEDULED", "SCHEDLD"],
  sent: ["ENROUTE", "ACCEPTD", "ACCEPTED", "ACCEPT", "SENT", "SUBMITD", "SUBMITTED"],
  delivered: ["DELIVRD", "DELIVERED", "DELIVERD", "DLVRD", "DELIV", "READ", "SEEN"],
  undelivered: [
    ..."EXPIRED EXPIRD DELETED DELETD CANCELED CANCELLED SKIPPED BLOCKED".split(" "),
    ..."UNDELIV UNDELIVERED UNDELIVRD UNDELIVERABLE UNDLVRD FAILED FAIL".split(" "),
    ..."REJECTD REJECTED REJECT REJCTED NOCRED NOCREDIT SYSERR ERROR".split(" "),
  ],
  unknown: ["UNKNOWN", "UNKNOWND", "UNKN", "UNKNWN"],
};
const statuses = new Map(
  Object.entries(words).flatMap(([status, each]) => each.map((word) => [word, status as ReceiptStatus])),
);

/** message_state, by its number; some write the number into the text. */
const stateNames = [
  ...["SCHEDLD", "ENROUTE", "DELIVRD", "EXPIRED", "DELETED", "UNDELIV", "ACCEPTD", "UNKNOWN", "REJECTD", "SKIPPED"],
];

/** esm_class, bits 5 to 2: what a deliver_sm is besides a message from a phone. */
const typeBits = 0x3c;
const reportTypes = new Set([0x04, 0x08, 0x20]);

/** Whether an SMSC's id can be kept: the standard allows 64 characters, some take more. */
export function isId(id: unknown): id is string {
  return typeof id === "string" && /^[\x21-\x7e]{1,200}$/.test(id);
}

/** The id by which a message is known, from the one in the SMSC's response. */
export function idOfResponse(id: string, receiptIds: ReceiptIds): string {
  if (receiptIds === "same") return id;
  return inDecimal(id, receiptIds === "decimal" ? "hexadecimal" : "decimal");
}

/** None if the PDU is no receipt, or names no message. */
export function readReceipts(pdu: Pdu, receiptIds: ReceiptIds): Receipt[] {
  const { esm_class, receipted_message_id: inTlv, message_state: state, network_error_code: networkError } = pdu;
  const text = textOf(pdu.short_message) || textOf(pdu.message_payload);
  const type = Number(esm_class ?? 0) & typeBits;
  const named = typeof inTlv === "string" ? inTlv.replace(/\0.*$/s, "").trim() : "";
  const isReport = reportTypes.has(type) || named !== "" || (type === 0 && isWhole(text));
  if (!isReport) return [];
  const parts = partsOf(text);
  const receipts = (parts.length > 0 ? parts : [""]).map((part) => {
    const messageId = idOf(part, parts.length > 1 ? "" : named, receiptIds);
    if (messageId === undefined) return undefined;
    return { messageId, ...outcomeOf(part, state, networkError) };
  });
  return receipts.filter((receipt) => receipt !== undefined);
}

function outcomeOf(text: string, state: unknown, networkError: unknown): Pick<Receipt, "status" | "code"> {
  const word = fieldOf(text, "stat(?:us)?|state")?.toUpperCase();
  const known = word === undefined ? stateNames[Number(state)] : /^\d$/.test(word) ? stateNames[Number(word)] : word;
  const status = statuses.get(known ?? "") ?? "unknown";
  const error = fieldOf(text, "err(?:or)?")?.slice(0, 8) ?? errorOf(networkError);
  const code = [status === "delivered" ? "" : known?.slice(0, 16), error && /[1-9a-z]/i.test(error) ? error : ""]
    .filter(Boolean)
    .join(" ");
  return { status, ...(code === "" ? {} : { code }) };
}

function idOf(text: string, inTlv: string, receiptIds: ReceiptIds): string | undefined {
  const inText = /(?:^|[\s,;])(?:message[ _-]?|msg[ _-]?)?id\s*[:=]\s*"?([^\s:"]+?)"?(?=sub\s*:|[\s,;]|$)/i.exec(
    text,
  )?.[1];
  // The TLV is what the response said; if its base is not the text's, the configured base is the text's.
  const fromText = !isId(inText) || receiptIds === "same" ? inText : inDecimal(inText, receiptIds);
  const fromTlv = isId(inTlv) ? idOfResponse(inTlv, receiptIds) : undefined;
  const messageId = receiptIds === "same" ? (fromTlv ?? fromText) : (fromText ?? fromTlv);
  return isId(messageId) ? messageId : undefined;
}

/** A field's value, with or without a space behind its colon; what the message itself said comes last and is not read. */
function fieldOf(text: string, names: string): string | undefined {
  const [fields = ""] = text.split(/\btext\s*:/i);
  return new RegExp(`\\b(?:${names})\\s*[:=]\\s*([0-9a-z_]+)`, "i").exec(fields)?.[1];
}

/** As many as a request over HTTP may hold: a text of 64 kB could name twelve thousand messages, each to be looked for. */
const mostInText = 500;

/** Each receipt of a text that may hold several. */
function partsOf(text: string): string[] {
  const [fields = ""] = text.split(/\btext\s*:/i);
  const starts = [...fields.matchAll(/(?:^|[\s,;])id\s*:/gi)].map(({ index }) => index);
  if (starts.length < 2) return text.trim() === "" ? [] : [text];
  return starts.slice(0, mostInText).map((start, at) => fields.slice(start, starts[at + 1]));
}

/** A text that is a receipt by all of its fields, where the SMSC does not say what it is. */
function isWhole(text: string): boolean {
  return [/^\s*id\s*:/i, /\bsub\s*:/i, /\bdlvrd\s*:/i, /\bdone date\s*:/i, /\bstat\s*:/i].every((part) =>
    part.test(text),
  );
}

/** Both bases as one: decimal, without leading zeros. An id that is no number stays as it is. */
function inDecimal(id: string, base: "decimal" | "hexadecimal"): string {
  if (base === "decimal") return /^\d+$/.test(id) ? String(BigInt(id)) : id;
  return /^[0-9a-f]+$/i.test(id) ? String(BigInt(`0x${id}`)) : id;
}

/** The library reads it in the alphabet that data_coding names, and leaves octets of any other as they are. */
function textOf(read: unknown): string {
  const message = (read as { message?: unknown } | undefined)?.message;
  const text = Buffer.isBuffer(message) ? message.toString("latin1") : typeof message === "string" ? message : "";
  // UCS-2 under another data_coding; a C-string in a field that is none.
  return text.replaceAll("\0", "");
}

/** network_error_code: a network type, then two octets (§5.3.2.31). */
function errorOf(octets: unknown): string | undefined {
  return Buffer.isBuffer(octets) && octets.length === 3 ? String(octets.readUInt16BE(1)) : undefined;
}
