/** What a text costs: known sizes, and the same count as the encoder that makes the parts. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "@antryk/testkit/inputs/fast-check";
import { fitsGsm7 } from "../../gateways/lib/gsm7.ts";
import { toShortMessages } from "../../gateways/smpp/text.ts";
import { sizeOf } from "./segments.ts";

test("sizes at the borders", () => {
  const cases: [text: string, alphabet: "GSM-7" | "UCS-2", units: number, segments: number][] = [
    ["", "GSM-7", 0, 1],
    ["a".repeat(160), "GSM-7", 160, 1],
    ["a".repeat(161), "GSM-7", 161, 2],
    ["a".repeat(306), "GSM-7", 306, 2],
    ["a".repeat(307), "GSM-7", 307, 3],
    ["@£$¥èéùìòÇØøÅåΔΦΓΛΩΠΨΣΘΞÆæßÉÄÖÑÜ§¿äöñüà\n\r", "GSM-7", 41, 1],
    // The extension table: an escape and a character.
    ["€".repeat(80), "GSM-7", 160, 1],
    [`${"€".repeat(80)}a`, "GSM-7", 161, 2],
    ["^{}\\[~]|€", "GSM-7", 18, 1],
    // 153 is odd: an escape that would be last in a part goes to the next with its character.
    [`${"a".repeat(152)}€${"a".repeat(151)}`, "GSM-7", 305, 2],
    [`${"a".repeat(152)}€${"a".repeat(152)}`, "GSM-7", 306, 3],
    ["क".repeat(70), "UCS-2", 70, 1],
    ["क".repeat(71), "UCS-2", 71, 2],
    ["क".repeat(134), "UCS-2", 134, 2],
    ["क".repeat(135), "UCS-2", 135, 3],
    // One character decides for all.
    [`${"a".repeat(69)}’`, "UCS-2", 70, 1],
    [`${"a".repeat(70)}’`, "UCS-2", 71, 2],
    ["ç", "UCS-2", 1, 1],
    // A surrogate pair is two units, and is not parted.
    ["😀".repeat(35), "UCS-2", 70, 1],
    [`${"क".repeat(66)}😀${"क".repeat(65)}`, "UCS-2", 133, 2],
    [`${"क".repeat(66)}😀${"क".repeat(66)}`, "UCS-2", 134, 3],
  ];
  for (const [text, alphabet, units, segments] of cases)
    assert.deepEqual(sizeOf(text), { alphabet, units, segments }, `${text.slice(0, 20)}… (${text.length})`);
});

test("any text: as many segments as the SMPP encoder makes of it, in the same alphabet", () => {
  const character = fc.oneof(
    fc.constantFrom("a", "€", "é", "ç", "😀", "^", "\n", "क"),
    fc.string({ minLength: 1, maxLength: 1, unit: "grapheme" }),
  );
  const plain = fc.constantFrom("a", "b", "€", "{", "é", "@");
  const text = fc
    .oneof(fc.array(character, { maxLength: 400 }), fc.array(plain, { maxLength: 700 }))
    .map((parts) => parts.join(""));
  fc.assert(
    fc.property(text, (each) => {
      const size = sizeOf(each);
      assert.equal(size.segments, toShortMessages(each, "udh", 1).length);
      assert.equal(size.alphabet, fitsGsm7(each) ? "GSM-7" : "UCS-2");
    }),
  );
});
