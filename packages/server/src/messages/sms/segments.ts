/**
 * What an SMS costs: its alphabet and how many short messages carry it (3GPP TS 23.038 §6.2; parts: TS 23.040
 * §9.2.3.24.1).
 */
import { septetsOf } from "../../gateways/lib/gsm7.ts";

export type Alphabet = "GSM-7" | "UCS-2";

/** Units that a message has room for, alone and as a part of a long one: septets, or UTF-16 units. */
export const room = { "GSM-7": { alone: 160, part: 153 }, "UCS-2": { alone: 70, part: 67 } } as const;

export interface Size {
  readonly alphabet: Alphabet;
  /** Septets in GSM-7, where an extension character takes two; UTF-16 units in UCS-2. */
  readonly units: number;
  readonly segments: number;
}

export function sizeOf(text: string): Size {
  const septets: number[] = [];
  for (const character of text) {
    const size = septetsOf(character);
    if (size === 0)
      return packed(
        "UCS-2",
        [...text].map(({ length }) => length),
      );
    septets.push(size);
  }
  return packed("GSM-7", septets);
}

/**
 * Neither an escape is parted from its character nor a surrogate from its pair: what does not fit whole begins the next
 * part.
 */
function packed(alphabet: Alphabet, sizes: readonly number[]): Size {
  const { alone, part } = room[alphabet];
  const units = sizes.reduce((sum, size) => sum + size, 0);
  if (units <= alone) return { alphabet, units, segments: 1 };
  let segments = 1;
  let used = 0;
  for (const size of sizes) {
    if (used + size > part) {
      segments += 1;
      used = 0;
    }
    used += size;
  }
  return { alphabet, units, segments };
}
