import assert from "node:assert/strict";
import { it } from "node:test";
import { normalizeOtp } from "./index.ts";

const everyDigit = Array.from({ length: 0x11_0000 }, (_, point) => point)
  .filter((point) => point < 0xd800 || point > 0xdfff)
  .map((point) => String.fromCodePoint(point))
  .filter((letter) => /\p{Nd}/u.test(letter));

it("maps the decimal digits of every script to ASCII, ten of each", () => {
  assert.ok(everyDigit.length >= 600 && everyDigit.length % 10 === 0);
  for (let first = 0; first < everyDigit.length; first += 10)
    assert.equal(normalizeOtp(everyDigit.slice(first, first + 10).join("")), "0123456789", everyDigit[first]);
});

it("reads what keyboards and messages of many languages bring", () => {
  const typed: Record<string, string> = {
    "Arabic-Indic": "٤٨٢٩١٥",
    Persian: "۴۸۲۹۱۵",
    Devanagari: "४८२९१५",
    Bengali: "৪৮২৯১৫",
    "full-width": "４８２９１５",
    mathematical: "𝟜𝟠𝟚𝟡𝟙𝟝",
    "with a hyphen": "482-915",
    "with an en dash and a no-break space": "482–\u00a0915",
    "with blanks around": "  482915\n",
    "inside bidi marks": "\u2066\u200f482915\u2069",
    "with a byte-order mark": "\ufeff482915",
  };
  for (const [how, text] of Object.entries(typed)) assert.equal(normalizeOtp(text), "482915", how);
});

it("keeps leading zeros, and whatever is no digit", () => {
  assert.equal(normalizeOtp("٠٠١٢"), "0012");
  assert.equal(normalizeOtp("48a915"), "48a915");
  assert.equal(normalizeOtp("½²①"), "½²①");
  assert.equal(normalizeOtp(""), "");
});

it("makes no code of what is no text", () => {
  for (const value of [undefined, null, 123456, ["123456"], {}]) assert.equal(normalizeOtp(value), "");
});
