import { webCrypto } from "../web.ts";

/** A UUID v7 (RFC 9562) of this time. */
export function newVerificationId(nowMs: number): string {
  const time = Math.floor(nowMs).toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${webCrypto().randomUUID().slice(15)}`;
}

/** That many digits, each as likely as any other. */
export function randomCode(length: number): string {
  let code = "";
  while (code.length < length) {
    const [byte = 0] = webCrypto().getRandomValues(new Uint8Array(1));
    // 250 is the largest multiple of ten in a byte: above it the low digits would be more likely.
    if (byte < 250) code += byte % 10;
  }
  return code;
}
