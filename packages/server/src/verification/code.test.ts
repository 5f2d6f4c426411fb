import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { test } from "node:test";
import { createMac } from "../keyring/mac.ts";
import { deriveCode } from "./code.ts";

/** The same each time: whether digits are uniform must not be decided anew by chance. */
const mac = createMac(Buffer.alloc(32, 7));

const idOf = (n: number) => `019b76da-a800-742a-a325-${String(n).padStart(12, "0")}`;

function nonceOf(n: number): Buffer {
  const nonce = Buffer.alloc(16);
  nonce.writeUInt32BE(n);
  return nonce;
}

/** Pearson's statistic of digit counts against the uniform distribution. */
function chiSquared(counts: readonly number[], total: number): number {
  const expected = total / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

for (const digits of [4, 6, 9, 10]) {
  test(`codes of ${digits} digits are uniform at every place, and keep leading zeros`, () => {
    const total = 20_000;
    const places = Array.from({ length: digits }, () => new Array<number>(10).fill(0));
    for (let n = 0; n < total; n += 1) {
      const code = deriveCode(mac, idOf(n), nonceOf(n), digits);
      assert.match(code, new RegExp(`^\\d{${digits}}$`));
      [...code].forEach((digit, place) => {
        const counts = places[place];
        if (counts) counts[Number(digit)] = (counts[Number(digit)] ?? 0) + 1;
      });
    }
    // 9 degrees of freedom: by chance 45 would be passed once in a million.
    for (const counts of places) assert.ok(chiSquared(counts, total) < 45, `digits ${counts}`);
  });
}

test("equals the first 16 bytes as one unsigned number mod 10^n", () => {
  for (let n = 0; n < 1_000; n += 1) {
    const id = randomUUID();
    const nonce = randomBytes(16);
    const value = BigInt(`0x${mac("code", id, nonce).subarray(0, 16).toString("hex")}`);
    for (const digits of [4, 7, 10])
      assert.equal(deriveCode(mac, id, nonce, digits), String(value % 10n ** BigInt(digits)).padStart(digits, "0"));
  }
});

test("the same verification says the same code again; another nonce or id another one", () => {
  const nonce = randomBytes(16);
  assert.equal(deriveCode(mac, "a", nonce, 10), deriveCode(mac, "a", nonce, 10));
  assert.notEqual(deriveCode(mac, "a", nonce, 10), deriveCode(mac, "b", nonce, 10));
  assert.notEqual(deriveCode(mac, "a", nonce, 10), deriveCode(mac, "a", randomBytes(16), 10));
});
