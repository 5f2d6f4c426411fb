/** Access keys and their secrets. A secret is 32 random bytes, shown once and stored as its SHA-256. */
import { hash, randomBytes, timingSafeEqual } from "node:crypto";

export interface Credentials {
  /** Names the key; no secret. */
  readonly accessKey: string;
  /** Shown once. */
  readonly secretKey: string;
}

/** The prefixes are for secret scanners. */
export function newCredentials(): Credentials & { readonly secretHash: Buffer } {
  const secretKey = `antryk_sk_${randomBytes(32).toString("base64url")}`;
  return {
    accessKey: `antryk_ak_${randomBytes(15).toString("base64url")}`,
    secretKey,
    secretHash: hashSecret(secretKey),
  };
}

/** The secret has 256 random bits, so a fast hash is enough. */
export function hashSecret(secretKey: string): Buffer {
  return hash("sha256", secretKey, "buffer");
}

export function secretMatches(secretKey: string, secretHash: Buffer): boolean {
  return timingSafeEqual(hashSecret(secretKey), secretHash);
}
