/**
 * A delivery receipt of an SMSC (SMPP v3.4 Issue 1.2, §5.2.12 esm_class, §5.2.28 message_state, §5.3.2.12
 * receipted_message_id, appendix B). The text's dates are in a time zone that the SMSC does not name, so they are not
 * passed on.
 */
import type { Pdu } from "smpp";
import type { Receipt, ReceiptStatus } from "../port.ts";

/**
 * Many SMSCs say a message's id in one base when they take it and in the other in its receipt: what the receipts' text
 * is in, or that both are the same.
 */
export type ReceiptIds = "same" | "decimal" | "hexadecimal";

/** Appendix B's message states, and ENROUTE of §5.2.28. */
const states: Readonly<Record<string, ReceiptStatus>> = {
  ENROUTE: "sent",
  ACCEPTD: "sent",
  DELIVRD: "delivered",
  EXPIRED: "undelivered",
  DELETED: "undelivered",
  UNDELIV: "undelivered",
  REJECTD: "undelivered",
  UNKNOWN: "unknown",
};

/** message_state, by its number. */
const stateNames = ["", "ENROUTE", "DELIVRD", "EXPIRED", "DELETED", "UNDELIV", "ACCEPTD", "UNKNOWN", "REJECTD"];

/** Whether an SMSC's id can be kept: the standard allows 64 characters, some take more. */
export function isId(id: unknown): id is string {
  return typeof id === "string" && /^[\x21-\x7e]{1,200}$/.test(id);
}

/** The id by which a message is known, from the one in the SMSC's response. */
export function idOfResponse(id: string, receiptIds: ReceiptIds): string {
  if (receiptIds === "same") return id;
  return canonical(id, receiptIds === "decimal" ? "hexadecimal" : "decimal");
}

/** `undefined` if the PDU is no receipt, or names no message. */
export function readReceipt(pdu: Pdu, receiptIds: ReceiptIds): Receipt | undefined {
  const { esm_class, receipted_message_id: inTlv, message_state: state, network_error_code: networkError } = pdu;
  const kind = Number(esm_class ?? 0) & 0x3c;
  if (kind !== 0x04 && kind !== 0x20 && typeof inTlv !== "string") return undefined;
  const text = textOf(pdu.short_message) || textOf(pdu.message_payload);
  const inText = /(?:^|\s)id:\s*([^\s:]+)/i.exec(text)?.[1];
  const named = inTlv === "" ? undefined : inTlv;
  // The TLV is what the response said; if its base is not the text's, the configured base is the text's.
  const fromText = !isId(inText) || receiptIds === "same" ? inText : canonical(inText, receiptIds);
  const fromTlv = isId(named) ? idOfResponse(named, receiptIds) : undefined;
  const messageId = receiptIds === "same" ? (fromTlv ?? fromText) : (fromText ?? fromTlv);
  if (!isId(messageId)) return undefined;
  const word = /\bstat:\s*(\w{1,12})/i.exec(text)?.[1]?.toUpperCase() ?? stateNames[Number(state)] ?? "";
  const status = Object.hasOwn(states, word) ? states[word] : undefined;
  const error = /\berr:\s*([0-9a-z]{1,8})/i.exec(text)?.[1] ?? errorOf(networkError);
  const code = [status === "delivered" ? "" : word, error && /[1-9a-z]/i.test(error) ? error : ""]
    .filter(Boolean)
    .join(" ");
  return { messageId, status: status ?? "unknown", ...(code === "" ? {} : { code }) };
}

/** Both bases as one: decimal, without leading zeros. An id that is no number stays as it is. */
function canonical(id: string, base: "decimal" | "hexadecimal"): string {
  if (base === "decimal") return /^\d+$/.test(id) ? String(BigInt(id)) : id;
  return /^[0-9a-f]+$/i.test(id) ? String(BigInt(`0x${id}`)) : id;
}

/** The library reads it in the alphabet that data_coding names, and leaves octets of any other as they are. */
function textOf(read: unknown): string {
  const message = (read as { message?: unknown } | undefined)?.message;
  if (Buffer.isBuffer(message)) return message.toString("latin1");
  return typeof message === "string" ? message : "";
}

/** network_error_code: a network type, then two octets (§5.3.2.31). */
function errorOf(octets: unknown): string | undefined {
  return Buffer.isBuffer(octets) && octets.length === 3 ? String(octets.readUInt16BE(1)) : undefined;
}
