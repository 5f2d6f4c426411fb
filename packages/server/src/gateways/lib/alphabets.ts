/**
 * In what an SMSC reads a text that is not marked as UCS-2. The standard's own is GSM 7-bit (3GPP TS 23.038); many are
 * set to Latin-1 or ASCII, and turn it into GSM 7-bit for the phone themselves. So a text goes in one of these only if
 * the phone's alphabet has all of it, too; any other text goes as UCS-2.
 */
import { encodeGsm7, septetsOf } from "./gsm7.ts";

/** `ucs2`: every text goes as UCS-2. */
export const alphabets = ["gsm7", "latin1", "ascii", "ucs2"] as const;
export type SmscAlphabet = (typeof alphabets)[number];

export interface EncodedCharacter {
  readonly octets: Buffer;
  /** What it takes of a short message: septets. */
  readonly units: number;
}

const last: Readonly<Partial<Record<SmscAlphabet, number>>> = { latin1: 0xff, ascii: 0x7e };

/** The text's characters in the alphabet; `undefined` if it can't be written so without losing one. */
export function encodedIn(alphabet: SmscAlphabet, text: string): EncodedCharacter[] | undefined {
  if (alphabet === "ucs2") return undefined;
  const characters: EncodedCharacter[] = [];
  for (const character of text) {
    const units = septetsOf(character);
    const point = character.codePointAt(0) ?? 0;
    const octets = alphabet === "gsm7" ? encodeGsm7(character) : Buffer.from([point]);
    if (units === 0 || !octets || point > (last[alphabet] ?? 0x10_ffff)) return undefined;
    characters.push({ octets, units });
  }
  return characters;
}
