/** May this number exist at all? No I/O. */
import { isRecipient } from "@antryk/contract";
import { parsePhoneNumberFromString } from "libphonenumber-js";
import { LRUCache } from "lru-cache";

/** Numbers already proven possible: parsing one costs about 15 µs. */
const proven = new LRUCache<string, true>({ max: 10_000 });

/** Strict E.164, and a number of a length that its country has (ITU numbering plans by way of libphonenumber). */
export function isPossibleRecipient(value: unknown): value is string {
  if (!isRecipient(value)) return false;
  if (proven.has(value)) return true;
  const number = parsePhoneNumberFromString(value);
  // A national prefix inside ("+4407…") parses to another number: two spellings must not be two recipients.
  if (!number?.isPossible() || number.number !== value) return false;
  proven.set(value, true);
  return true;
}
