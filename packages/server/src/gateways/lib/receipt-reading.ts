/** Reading and checking delivery receipts: what gateways share. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { ParsedReceipts, Receipt, ReceiptRequest, ReceiptStatus } from "../port.ts";
import { lookUp, parseJson } from "./api-call.ts";

/** The gateway's words for a message's state. */
export type StatusTable = Readonly<Record<string, ReceiptStatus>>;

export const malformed: ParsedReceipts = { kind: "malformed" };
export const forged: ParsedReceipts = { kind: "forged" };

/** A header that was sent once. */
export function headerOf({ headers }: ReceiptRequest, name: string): string | undefined {
  const value = headers[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** The body as JSON; `undefined` if it is none. */
export function jsonOf({ body }: ReceiptRequest): unknown {
  return parseJson(body.toString("utf8"));
}

/** The body as a form. */
export function formOf({ body }: ReceiptRequest): URLSearchParams {
  return new URLSearchParams(body.toString("utf8"));
}

/** In constant time, whatever the lengths. */
export function sameSignature(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

/**
 * A receipt with the status that the table has for the gateway's word; a word that is in no table is `unknown` and
 * becomes the code.
 */
export function receiptOf(
  table: StatusTable,
  messageId: string,
  word: string,
  details: { code?: string | undefined; at?: string | undefined },
): Receipt {
  const status = lookUp(table, word) ?? "unknown";
  const code = details.code ?? (status === "unknown" ? word : undefined);
  const at = details.at === undefined ? undefined : isoTime(details.at);
  return { messageId, status, ...(code === undefined ? {} : { code }), ...(at === undefined ? {} : { at }) };
}

/** A time as ISO 8601 in UTC; `undefined` if it can't be read. */
export function isoTime(text: string): string | undefined {
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : new Date(at).toISOString();
}
