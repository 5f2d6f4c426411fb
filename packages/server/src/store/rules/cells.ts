/**
 * How the cells of a row's text are read: only what could have been written is taken. A text that was mangled must not
 * become a row with other numbers in it: what was made of it would be written back. Pure.
 */
import { UnreadableRow } from "../../model/errors.ts";

/** The last time that a Date can hold (ECMAScript, "Time Values and Time Range"). */
const latest = 8.64e15;

/** Throws UnreadableRow, which names the cell and never what stands in it. */
export function malformed(what: string): never {
  throw new UnreadableRow(`${what} is malformed`);
}

/** A count, or a time in Unix ms. Digit by digit: most cells are numbers, and every call reads some. */
export function whole(cell: string | undefined, what: string): number {
  if (cell === undefined || cell.length === 0 || cell.length > 16) malformed(what);
  let number = 0;
  for (let at = 0; at < cell.length; at += 1) {
    const digit = cell.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) malformed(what);
    number = number * 10 + digit;
  }
  const isPadded = cell.length > 1 && cell.charCodeAt(0) === 48;
  return isPadded || number > latest ? malformed(what) : number;
}

/** Null: the cell is empty. */
export function wholeOrNull(cell: string | undefined, what: string): number | null {
  return cell === "" ? null : whole(cell, what);
}

export function wholes(part: string | undefined, what: string): number[] {
  if (part === undefined) malformed(what);
  return part === "" ? [] : part.split(" ").map((cell) => whole(cell, what));
}

export function oneOf<Value extends string>(cell: string | undefined, values: ReadonlySet<Value>, what: string): Value {
  return values.has(cell as Value) ? (cell as Value) : malformed(what);
}

/** A word of visible ASCII characters, such as an id of a key or of a lease. */
export function word(cell: string | undefined, what: string): string {
  return cell !== undefined && /^[\x21-\x7e]{1,255}$/.test(cell) ? cell : malformed(what);
}

/** Null: the cell is empty. */
export function wordOrNull(cell: string | undefined, what: string): string | null {
  return cell === "" ? null : word(cell, what);
}

/** Bytes as base64url. Null: the cell is empty. */
export function bytesOrNull(cell: string | undefined, what: string): string | null {
  if (cell === "") return null;
  return cell !== undefined && /^[\w-]{2,128}$/.test(cell) ? cell : malformed(what);
}

export function verificationIdIn(cell: string | undefined): string {
  const isId = cell !== undefined && /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(cell);
  return isId ? cell : malformed("the verification's id");
}

/** A JSON list. The parser's own fault shows what it parsed, so it goes no further. */
export function listIn(text: string, what: string): unknown[] {
  if (!text.startsWith("[")) malformed(what);
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    malformed(what);
  }
  return Array.isArray(list) ? list : malformed(what);
}

/** A whole number of a JSON list, such as a time. */
export function wholeIn(value: unknown, what: string): number {
  return Number.isInteger(value) && numberIn(value, what) <= latest ? (value as number) : malformed(what);
}

/** A number of a JSON list that is not negative. */
export function numberIn(value: unknown, what: string): number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : malformed(what);
}
