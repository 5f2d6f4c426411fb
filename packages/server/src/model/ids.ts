/**
 * Ids and random values for the hot path, from a pool: one call to the kernel serves many. A UUID v7 (RFC 9562 §5.7)
 * begins with its time, 48 bits of Unix ms; ids sort by it.
 */
import { randomBytes, randomFillSync } from "node:crypto";

const pool = Buffer.allocUnsafeSlow(8_192);
let used = pool.length;

/** Where `bytes` fresh random bytes of the pool begin. */
function take(bytes: number): number {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytes;
  return used - bytes;
}

/** Random bytes that only the caller has. */
export function randomNonce(bytes: number): Buffer {
  const start = take(bytes);
  const nonce = Buffer.from(pool.subarray(start, start + bytes));
  pool.fill(0, start, start + bytes);
  return nonce;
}

/** A UUID v7: 48 bits of Unix ms, 12 bits of the recipient's bucket, then 62 random bits. */
export function newVerificationId(nowMs: number, bucket: number): string {
  const start = take(10);
  pool[start] = 0x70 | (bucket >>> 8);
  pool[start + 1] = bucket & 0xff;
  pool[start + 2] = 0x80 | ((pool[start + 2] ?? 0) & 0x3f);
  const time = nowMs.toString(16).padStart(12, "0");
  const random = pool.toString("hex", start, start + 10);
  return `${time.slice(0, 8)}-${time.slice(8)}-${random.slice(0, 4)}-${random.slice(4, 8)}-${random.slice(8)}`;
}

/** A UUID v7 that says when a request came, so that what became of it is found by time. */
export function newRequestId(nowMs: number): string {
  return newVerificationId(nowMs, randomNonce(2).readUInt16BE() >>> 4);
}

/** Sets this process's leases apart from those of other processes, earlier ones included. */
const process96 = randomBytes(12).toString("base64url");
let leases = 0;

/** Unique; no secret. */
export function newLeaseToken(): string {
  leases += 1;
  return `${process96}.${leases.toString(36)}`;
}

/** The smallest string that sorts at or before every UUID v7 of this time. */
export function uuidFloor(ms: number): string {
  const hex = Math.max(0, Math.floor(ms)).toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}`;
}

/** The time inside a UUID v7, Unix ms. */
export function uuidTime(uuid: string): number {
  return Number.parseInt(uuid.slice(0, 8) + uuid.slice(9, 13), 16);
}

/** The bucket inside a verification's id. */
export function bucketOfId(uuid: string): number {
  return Number.parseInt(uuid.slice(15, 18), 16);
}
