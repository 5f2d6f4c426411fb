/** The alphabet that an SMS has room for 160 of (3GPP TS 23.038 §6.2.1, its extension table included), for gateways that leave the choice to us. */
const basic =
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
const extended = "^{}\\[~]|€";
const alphabet = new Set(basic + extended);

/** Whether the text can be sent in 7 bits a character without losing one; else it takes UCS-2. */
export function fitsGsm7(text: string): boolean {
  for (const character of text) if (!alphabet.has(character)) return false;
  return true;
}
