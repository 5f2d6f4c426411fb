import assert from "node:assert/strict";
import { test } from "node:test";
import { hashSecret, newCredentials, secretMatches } from "./credentials.ts";

test("keys have prefixes that scanners find, and 32 random bytes of secret", () => {
  const { accessKey, secretKey, secretHash } = newCredentials();
  assert.match(accessKey, /^antryk_ak_[\w-]{20}$/);
  assert.match(secretKey, /^antryk_sk_[\w-]{43}$/);
  assert.equal(Buffer.from(secretKey.slice("antryk_sk_".length), "base64url").length, 32);
  assert.deepEqual(secretHash, hashSecret(secretKey));
  assert.notEqual(newCredentials().secretKey, secretKey);
});

test("a secret matches its own hash only, whatever its length", () => {
  const { secretKey, secretHash } = newCredentials();
  assert.equal(secretMatches(secretKey, secretHash), true);
  for (const other of ["", secretKey.slice(1), `${secretKey}x`, secretKey.toUpperCase(), newCredentials().secretKey])
    assert.equal(secretMatches(other, secretHash), false);
});
