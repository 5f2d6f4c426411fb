/** The code is stored nowhere: it is made from the verification's id and nonce each time a message must say it. */
import type { Mac } from "../keyring/mac.ts";

/** 128 bits as an unsigned number, mod 10^digits, leading zeros kept. The bias is below 2^-94. */
export function deriveCode(mac: Mac, verificationId: string, nonce: Buffer, digits: number): string {
  const bytes = mac("code", verificationId, nonce);
  const modulus = 10 ** digits;
  let rest = 0;
  // Two bytes a step: rest stays below 10^10 * 2^16, inside the exact integers.
  for (let index = 0; index < 16; index += 2) rest = (rest * 65_536 + bytes.readUInt16BE(index)) % modulus;
  return String(rest).padStart(digits, "0");
}
