import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeGsm7, fitsGsm7 } from "../lib/gsm7.ts";
import { type Concatenation, toShortMessages } from "./text.ts";

const octets = (text: string): string | undefined => encodeGsm7(text)?.toString("hex");

test("septets of the GSM alphabet, as 3GPP TS 23.038 §6.2.1 prints them", () => {
  assert.equal(octets("@£$¥èéùìòÇ\nØø\rÅå"), "000102030405060708090a0b0c0d0e0f");
  assert.equal(octets("Δ_ΦΓΛΩΠΨΣΘΞÆæßÉ"), "101112131415161718191a1c1d1e1f");
  assert.equal(octets(" ¤/0?¡AZÄÖÑÜ§¿azäöñüà"), "20242f303f40415a5b5c5d5e5f60617a7b7c7d7e7f");
  assert.equal(octets("^{}\\[~]|€"), "1b141b281b291b2f1b3c1b3d1b3e1b401b65");
  assert.equal(octets(""), "");
});

test("a text has septets exactly if it fits the alphabet", () => {
  for (let point = 0; point < 0xffff; point++) {
    if (point >= 0xd800 && point <= 0xdfff) continue;
    const character = String.fromCodePoint(point);
    assert.equal(encodeGsm7(character) !== undefined, fitsGsm7(character), character);
  }
});

/** The text that a phone would show. */
function joined(parts: ReturnType<typeof toShortMessages>, header: number): string {
  const bytes = Buffer.concat(parts.map(({ short_message }) => short_message.subarray(header)));
  return parts[0]?.data_coding === 8 ? Buffer.from(bytes).swap16().toString("utf16le") : bytes.toString("latin1");
}

const cases: readonly (readonly [what: string, text: string, coding: number, sizes: readonly number[]])[] = [
  ["160 characters of GSM 7-bit", "a".repeat(160), 0, [160]],
  ["161 characters of GSM 7-bit", "a".repeat(161), 0, [153, 8]],
  ["306 characters of GSM 7-bit", "a".repeat(306), 0, [153, 153]],
  ["307 characters of GSM 7-bit", "a".repeat(307), 0, [153, 153, 1]],
  ["80 characters that take two septets", "€".repeat(80), 0, [160]],
  ["an escape at the border", `${"a".repeat(152)}€${"b".repeat(10)}`, 0, [152, 12]],
  ["70 characters of UCS-2", "é̱".slice(0, 1) + "क".repeat(69), 8, [140]],
  ["71 characters of UCS-2", "क".repeat(71), 8, [134, 8]],
  ["134 characters of UCS-2", "क".repeat(134), 8, [134, 134]],
  ["a surrogate pair at the border", `${"क".repeat(66)}🔐${"क".repeat(10)}`, 8, [132, 24]],
  ["nothing", "", 0, [0]],
];
for (const [what, text, coding, sizes] of cases) {
  for (const concatenation of ["udh", "sar"] satisfies Concatenation[]) {
    test(`${what}, ${concatenation}`, () => {
      const parts = toShortMessages(text, concatenation, 0x1234);
      const long = sizes.length > 1;
      const header = long && concatenation === "udh" ? 6 : 0;
      assert.deepEqual(
        parts.map(({ short_message }) => short_message.length - header),
        sizes,
      );
      for (const [index, part] of parts.entries()) {
        assert.equal(part.data_coding, coding);
        assert.equal(part.esm_class, header ? 0x40 : 0);
        if (header) assert.deepEqual([...part.short_message.subarray(0, 6)], [5, 0, 3, 0x34, sizes.length, index + 1]);
        const sar =
          long && concatenation === "sar" ? [0x1234, sizes.length, index + 1] : [undefined, undefined, undefined];
        assert.deepEqual([part.sar_msg_ref_num, part.sar_total_segments, part.sar_segment_seqnum], sar);
        assert.ok(part.short_message.length <= 254);
      }
      if (coding === 8) assert.equal(joined(parts, header), text);
      else assert.equal(joined(parts, header), encodeGsm7(text)?.toString("latin1"));
    });
  }
}

test("message_payload takes a long text whole, short_message a short one", () => {
  const [long, ...none] = toShortMessages("a".repeat(161), "payload", 1);
  assert.equal(none.length, 0);
  assert.equal(long?.short_message.length, 0);
  assert.equal(long?.message_payload?.length, 161);
  assert.equal(toShortMessages("a".repeat(160), "payload", 1)[0]?.message_payload, undefined);
});

test("an SMSC that reads Latin-1 or ASCII gets it, and the WebOTP line arrives as it is written", () => {
  const text = "482913 is your A_B code.\n@example.com #482913";
  for (const alphabet of ["latin1", "ascii"] as const) {
    const [only, ...more] = toShortMessages(text, "udh", 1, alphabet);
    assert.deepEqual([only?.data_coding, only?.short_message.toString("latin1"), more.length], [0, text, 0]);
  }
  const [gsm] = toShortMessages(text, "udh", 1);
  assert.notEqual(gsm?.short_message.toString("latin1"), text, "in GSM 7-bit @ and _ are other octets");
  const shown = (alphabet: "latin1" | "ascii" | "ucs2", one: string) => toShortMessages(one, "udh", 1, alphabet)[0];
  assert.equal(shown("latin1", "é£ü")?.short_message.toString("hex"), "e9a3fc");
  assert.equal(shown("ascii", "é")?.data_coding, 8, "not in ASCII");
  assert.equal(shown("latin1", "ã")?.data_coding, 8, "a phone that reads GSM 7-bit would lose it");
  assert.equal(shown("latin1", "€")?.data_coding, 8);
  assert.equal(shown("ucs2", "plain")?.data_coding, 8);
});

test("segments are those of the phone's alphabet, whatever the SMSC reads", () => {
  // Two septets each on the phone, one octet each to the SMSC.
  assert.deepEqual(
    toShortMessages("[".repeat(100), "udh", 1, "latin1").map(({ short_message }) => short_message.length - 6),
    [76, 24],
  );
  assert.equal(toShortMessages("a".repeat(160), "udh", 1, "ascii").length, 1);
  assert.equal(toShortMessages("a".repeat(161), "udh", 1, "ascii").length, 2);
  assert.equal(toShortMessages("a".repeat(71), "udh", 1, "ucs2").length, 2);
});
