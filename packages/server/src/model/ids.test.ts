import assert from "node:assert/strict";
import { test } from "node:test";
import { isVerificationId } from "@antryk/contract";
import { version } from "uuid";
import { bucketOfId, newLeaseToken, newVerificationId, randomNonce, uuidTime } from "./ids.ts";
import { buckets } from "./recipient.ts";

test("verification ids are UUIDs v7 of their time, all different, and sort by it", () => {
  const ids = Array.from({ length: 5_000 }, (_, n) => newVerificationId(1_764_000_000_000 + n, n % buckets));
  ids.forEach((id, n) => {
    assert.ok(isVerificationId(id), id);
    assert.equal(version(id), 7);
    assert.equal(uuidTime(id), 1_764_000_000_000 + n);
    assert.equal(bucketOfId(id), n % buckets);
  });
  assert.deepEqual([...ids].sort(), ids);
  assert.equal(new Set(ids.map((id) => id.slice(14))).size, ids.length);
});

test("nonces and leases are all different", () => {
  assert.equal(new Set(Array.from({ length: 5_000 }, () => randomNonce(16).toString("hex"))).size, 5_000);
  assert.equal(new Set(Array.from({ length: 5_000 }, () => newLeaseToken())).size, 5_000);
});
