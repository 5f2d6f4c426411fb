/**
 * A text as the short messages that carry it (3GPP TS 23.038; concatenation: 3GPP TS 23.040 §9.2.3.24.1, SMPP v3.4
 * §5.3.2.22 to 24).
 */
import { encodeGsm7 } from "../lib/gsm7.ts";

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
/**
 * Octets that a message has room for, alone and beside a header of 6 octets: 160 and 153 septets, 70 and 67 UTF-16
 * units.
 */
const room = { 0: { alone: 160, part: 153 }, 8: { alone: 140, part: 134 } };

/** One element a submit_sm. `reference` sets this text's parts apart from another's. */
export function toShortMessages(text: string, concatenation: Concatenation, reference: number): TextParameters[] {
  const gsm = encodeGsm7(text);
  const octets = gsm ?? Buffer.from(text, "utf16le").swap16();
  const data_coding = gsm ? 0 : 8;
  if (octets.length <= room[data_coding].alone) return [{ data_coding, esm_class: 0, short_message: octets }];
  if (concatenation === "payload")
    return [{ data_coding, esm_class: 0, short_message: Buffer.alloc(0), message_payload: octets }];
  const parts = split(octets, data_coding);
  return parts.map((part, index) =>
    concatenation === "udh"
      ? {
          data_coding,
          esm_class: udhIndicator,
          short_message: Buffer.concat([Buffer.from([5, 0, 3, reference & 0xff, parts.length, index + 1]), part]),
        }
      : {
          data_coding,
          esm_class: 0,
          short_message: part,
          sar_msg_ref_num: reference & 0xffff,
          sar_total_segments: parts.length,
          sar_segment_seqnum: index + 1,
        },
  );
}

function split(octets: Buffer, coding: 0 | 8): Buffer[] {
  const parts: Buffer[] = [];
  for (let start = 0; start < octets.length; ) {
    let end = Math.min(start + room[coding].part, octets.length);
    if (end < octets.length) {
      // Neither an escape from its character nor a surrogate from its pair.
      if (coding === 0 && octets[end - 1] === 0x1b) end -= 1;
      if (coding === 8 && ((octets[end - 2] ?? 0) & 0xfc) === 0xd8) end -= 2;
    }
    parts.push(octets.subarray(start, end));
    start = end;
  }
  return parts;
}
