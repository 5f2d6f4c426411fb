/**
 * The alphabet of which an SMS holds 160 characters (3GPP TS 23.038 §6.2.1, its extension table included), for gateways
 * that leave the choice to us.
 */
const basic =
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ " +
  "!\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
const extended = "^{}\\[~]|€";
const extendedPlaces = [0x14, 0x28, 0x29, 0x2f, 0x3c, 0x3d, 0x3e, 0x40, 0x65];
const alphabet = new Set(basic + extended);

/** Whether the text can be sent in 7 bits a character without losing one; else it takes UCS-2. */
export function fitsGsm7(text: string): boolean {
  for (const character of text) if (!alphabet.has(character)) return false;
  return true;
}

/**
 * Character → its octet, or the escape and its octet. The escape's own place, 0x1B, is no character and so not in
 * `basic`.
 */
const octetsOf = new Map<string, readonly number[]>([
  ...[...basic].map((character, place) => [character, [place < 0x1b ? place : place + 1]] as const),
  ...[...extended].map((character, place) => [character, [0x1b, extendedPlaces[place] ?? 0]] as const),
]);

/** Septets that the character takes: 1, 2 for one of the extension table; 0 if it is not in the alphabet. */
export function septetsOf(character: string): number {
  return octetsOf.get(character)?.length ?? 0;
}

/**
 * The text's septets, each in its own octet as SMPP carries them; `undefined` if a character is not in the alphabet.
 */
export function encodeGsm7(text: string): Buffer | undefined {
  const octets: number[] = [];
  for (const character of text) {
    const found = octetsOf.get(character);
    if (!found) return undefined;
    octets.push(...found);
  }
  return Buffer.from(octets);
}
