/**
 * A text as the short messages that carry it (3GPP TS 23.038; concatenation: 3GPP TS 23.040 §9.2.3.24.1, SMPP v3.4
 * §5.3.2.22 to 24).
 */
import { type EncodedCharacter, encodedIn, type SmscAlphabet } from "../lib/alphabets.ts";

/**
 * How the parts of a long text are marked: a user data header, the sar_ TLVs, or not at all because message_payload
 * takes it whole.
 */
export type Concatenation = "udh" | "sar" | "payload";

/** What a submit_sm holds of the text, by the parameters' names in the specification. */
export interface TextParameters {
  readonly data_coding: 0 | 8;
  readonly esm_class: number;
  readonly short_message: Buffer;
  readonly message_payload?: Buffer;
  readonly sar_msg_ref_num?: number;
  readonly sar_total_segments?: number;
  readonly sar_segment_seqnum?: number;
}

const udhIndicator = 0x40;
/** Units that a message has room for, alone and beside a header of 6 octets: septets, or UTF-16 units. */
const room = { 0: { alone: 160, part: 153 }, 8: { alone: 70, part: 67 } };

/** One element a submit_sm. `reference` sets this text's parts apart from another's. */
export function toShortMessages(
  text: string,
  concatenation: Concatenation,
  reference: number,
  alphabet: SmscAlphabet = "gsm7",
): TextParameters[] {
  const inAlphabet = encodedIn(alphabet, text);
  const characters = inAlphabet ?? inUcs2(text);
  const data_coding = inAlphabet ? 0 : 8;
  const { alone, part: most } = room[data_coding];
  const whole = { data_coding, esm_class: 0 } as const;
  if (unitsOf(characters) <= alone) return [{ ...whole, short_message: octetsOf(characters) }];
  if (concatenation === "payload")
    return [{ ...whole, short_message: Buffer.alloc(0), message_payload: octetsOf(characters) }];
  const parts = split(characters, most).map(octetsOf);
  return parts.map((part, index) =>
    concatenation === "udh"
      ? {
          data_coding,
          esm_class: udhIndicator,
          short_message: Buffer.concat([Buffer.from([5, 0, 3, reference & 0xff, parts.length, index + 1]), part]),
        }
      : {
          ...whole,
          short_message: part,
          sar_msg_ref_num: reference & 0xffff,
          sar_total_segments: parts.length,
          sar_segment_seqnum: index + 1,
        },
  );
}

/** A surrogate pair is one character of two units. */
function inUcs2(text: string): EncodedCharacter[] {
  return [...text].map((character) => ({
    octets: Buffer.from(character, "utf16le").swap16(),
    units: character.length,
  }));
}

function unitsOf(characters: readonly EncodedCharacter[]): number {
  return characters.reduce((sum, { units }) => sum + units, 0);
}

function octetsOf(characters: readonly EncodedCharacter[]): Buffer {
  return Buffer.concat(characters.map(({ octets }) => octets));
}

/** Neither an escape is parted from its character nor a surrogate from its pair. */
function split(characters: readonly EncodedCharacter[], most: number): EncodedCharacter[][] {
  const parts: EncodedCharacter[][] = [[]];
  let used = 0;
  for (const character of characters) {
    if (used + character.units > most) {
      parts.push([]);
      used = 0;
    }
    parts.at(-1)?.push(character);
    used += character.units;
  }
  return parts;
}
