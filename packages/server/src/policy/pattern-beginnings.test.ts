import assert from "node:assert/strict";
import { test } from "node:test";
import { isBeginningOf } from "./pattern-beginnings.ts";

/** Every beginning of these, and nothing else of the given alphabet. */
function checkAll(pattern: RegExp, longest: number, digits = "0123"): void {
  const texts: string[] = [""];
  for (let from = 0, length = 1; length <= longest; length += 1) {
    const to = texts.length;
    for (; from < to; from += 1) for (const digit of digits) texts.push(`${texts[from]}${digit}`);
  }
  const whole = new RegExp(`^(?:${pattern.source})$`);
  const beginnings = new Set([""]);
  for (const text of texts)
    if (whole.test(text)) for (let n = 0; n <= text.length; n += 1) beginnings.add(text.slice(0, n));
  assert.ok(beginnings.size > 3, pattern.source);
  for (const text of texts) assert.equal(isBeginningOf(pattern, text), beginnings.has(text), `${pattern} "${text}"`);
}

test("exactly the beginnings of what a pattern matches are beginnings", () => {
  checkAll(/12[23]\d{2}/, 6);
  checkAll(/1(?:0(?:1|2[13])|3)\d?|20/, 6);
  checkAll(/(?:01|[23]\d)\d{1,2}/, 5);
  checkAll(/0?1{2,3}(?:2|3(?:0|1)){2}/, 8, "0123".slice(0, 4));
});
