/**
 * The built-in texts: every one names code, brand and minutes, keeps the rules of a template, and is one short message.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "@antryk/testkit/inputs/fast-check";
import { brandProblem, sizeAt, templateErrors, templateWarnings, worstCase } from "./sms/lint.ts";
import { render } from "./template.ts";
import { texts } from "./texts.ts";

const all = Object.entries(texts);
const scriptOf = (tag: string) => new Intl.Locale(tag).maximize().script ?? "";

test("at least the thirty languages that were asked for, under canonical tags in order", () => {
  assert.ok(all.length >= 30);
  const tags = all.map(([tag]) => tag);
  for (const tag of tags) assert.equal(Intl.getCanonicalLocales(tag)[0], tag);
  assert.deepEqual(tags, tags.toSorted());
});

for (const [tag, text] of all) {
  test(`${tag}: code first, brand, minutes, no fault, one segment`, () => {
    for (const name of ["{code}", "{brand}", "{minutes}"]) assert.equal(text.split(name).length, 2, name);
    assert.ok(text.startsWith("{code}"));
    assert.deepEqual(templateErrors(text), []);
    assert.doesNotMatch(text, /\p{N}/u, "numbers come from the placeholders alone");
    assert.equal(text, text.normalize("NFC"));
    assert.equal(text, text.trim());
    assert.doesNotMatch(text, /\s{2}/);
    assert.equal(sizeAt(text, worstCase).segments, 1);
    // What is not in its language's script: a slip of the keyboard, or a look-alike of another script.
    const foreign = text.replace(/\{\w+\}/g, "").replace(/[\p{P}\p{Z}\p{S}]/gu, "");
    const scripts: Record<string, string> = {
      Jpan: "\\p{scx=Han}\\p{scx=Hiragana}\\p{scx=Katakana}",
      Kore: "\\p{scx=Hangul}",
      Hans: "\\p{scx=Han}",
      Hant: "\\p{scx=Han}",
    };
    const own = new RegExp(`^[${scripts[scriptOf(tag)] ?? `\\p{scx=${scriptOf(tag)}}`}\\p{scx=Inherited}]+$`, "u");
    assert.match(foreign, own);
  });
}

test("texts from right to left keep digits and Latin names in place: a word is between any two", () => {
  const seen: string[] = [];
  for (const [tag, text] of all) {
    if (!["Arab", "Hebr", "Thaa", "Nkoo", "Syrc"].includes(scriptOf(tag))) continue;
    seen.push(tag);
    const [, ...between] = text.split(/\{\w+\}/);
    for (const words of between) assert.match(words, /[\p{Script=Arabic}\p{Script=Hebrew}]{2}/u, `${tag}: ${words}`);
  }
  assert.deepEqual(seen, ["ar", "fa", "he", "ur"]);
});

test("no built-in text has a warning but for what a brand brings with it", () => {
  for (const [tag, text] of all)
    assert.deepEqual(
      templateWarnings(text, worstCase).filter(({ rule }) => rule !== "alphabet"),
      [],
      tag,
    );
});

test("any language, code length and accepted brand: the first run of four or more digits is the whole code", () => {
  const brand = fc
    .oneof(
      fc.constantFrom("Acme", "12 Acme 12", "7", "٤٢", "२४x7", "A1-22"),
      fc.string({ minLength: 1, maxLength: 20 }),
      fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }),
    )
    .filter((each) => brandProblem(each) === undefined);
  fc.assert(
    fc.property(brand, fc.integer({ min: 1, max: 10 }), fc.stringMatching(/^[0-9]{10}$/), (name, minutes, digits) => {
      for (const [tag, text] of all) {
        for (let length = 4; length <= 10; length += 1) {
          const code = digits.slice(0, length);
          const said = render(text, { code, brand: name, minutes });
          assert.equal(/\p{Nd}{4,}/u.exec(said)?.[0], code, `${tag}: ${said}`);
          assert.equal(/[0-9]{4,}/.exec(said)?.[0], code, `${tag}: ${said}`);
        }
      }
    }),
    { numRuns: 200 },
  );
});
