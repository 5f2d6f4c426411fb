import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import fc from "@antryk/testkit/inputs/fast-check";
import { createMac } from "./mac.ts";

function reference(key: Buffer, parts: readonly (string | Buffer)[]): Buffer {
  const hmac = createHmac("sha256", key);
  for (const part of parts) {
    const bytes = Buffer.from(part as string);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    hmac.update(length).update(bytes);
  }
  return hmac.digest();
}

test("equals createHmac of the length-prefixed parts, for any key and parts, call after call", () => {
  const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));
  fc.assert(
    fc.property(
      bytes,
      fc.array(fc.tuple(fc.string({ unit: "grapheme" }), fc.array(fc.oneof(fc.string({ maxLength: 900 }), bytes))), {
        minLength: 1,
        maxLength: 5,
      }),
      (key, calls) => {
        const mac = createMac(key);
        for (const [purpose, parts] of calls)
          assert.deepEqual(mac(purpose, ...parts), reference(key, [purpose, ...parts]));
      },
    ),
  );
});

test("where one part ends and the next begins matters", () => {
  const mac = createMac(Buffer.alloc(32, 7));
  assert.notDeepEqual(mac("match", "12", "3"), mac("match", "1", "23"));
  assert.notDeepEqual(mac("match", "12"), mac("match1", "2"));
});
