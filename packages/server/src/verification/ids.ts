/** Random values for the hot path, from a pool: one call to the kernel serves many. */
import { randomFillSync } from "node:crypto";
import { v7 } from "uuid";

const pool = Buffer.alloc(8_192);
let used = pool.length;

/** Random bytes of the caller's own; the pool keeps no copy. */
export function randomNonce(bytes: number): Buffer {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const nonce = Buffer.from(pool.subarray(used, used + bytes));
  pool.fill(0, used, used + bytes);
  used += bytes;
  return nonce;
}

/** A UUID v7 of this time. */
export function newVerificationId(nowMs: number): string {
  return v7({ msecs: nowMs, random: randomNonce(16) });
}

export function newLeaseToken(): string {
  return randomNonce(12).toString("base64url");
}
