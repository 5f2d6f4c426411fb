/**
 * Gateways' ids of messages, as they vary between the answer to a send and its receipts: in case, in leading zeros, and
 * in base, since many SMSCs answer in hexadecimal and report in decimal or the other way round. Pure.
 */

const longest = 200;
/** Controls, and what is no character by itself: no database or log must meet them. */
const unclean = /[\p{Cc}\p{Cs}\u2028\u2029]/u;
const hexadecimal = /^[0-9a-f]{1,32}$/;

/** The id if it can be kept; else a message has none, and no receipt finds it. */
export function cleanMessageId(id: unknown): string | undefined {
  if (typeof id !== "string") return undefined;
  const trimmed = id.trim();
  return trimmed === "" || trimmed.length > longest || unclean.test(trimmed) ? undefined : trimmed;
}

/** What ids that differ in case or leading zeros have in common. */
export function canonicalId(id: string): string {
  const lower = id.toLowerCase();
  return hexadecimal.test(lower) ? lower.replace(/^0+(?=.)/, "") : lower;
}

/** Under which canonical ids a message may be known that is reported with this one: as it stands first. */
export function formsOf(id: string): readonly string[] {
  const canonical = canonicalId(id);
  if (!hexadecimal.test(canonical)) return [canonical];
  const asHexadecimal = BigInt(`0x${canonical}`).toString(10);
  const others = /^\d+$/.test(canonical) ? [BigInt(canonical).toString(16), asHexadecimal] : [asHexadecimal];
  return [canonical, ...others.filter((other) => other !== canonical)];
}
