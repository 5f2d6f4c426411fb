/** Lookup of language tags: RFC 4647 §3.4, and never a text in another script. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "@antryk/testkit/inputs/fast-check";
import { lookup } from "./lookup.ts";
import { texts } from "./texts.ts";

const builtIn = new Set<string>(Object.keys(texts));

test("which built-in text answers a tag", () => {
  const expected: Record<string, string | undefined> = {
    en: "en",
    "en-GB": "en",
    "en-GB-oxendict": "en",
    "de-x-private": "de",
    "hi-IN-u-nu-deva": "hi",
    pt: "pt",
    "pt-BR": "pt-BR",
    "pt-PT": "pt",
    "pt-AO": "pt",
    "es-419": "es",
    zh: "zh-Hans",
    "zh-CN": "zh-Hans",
    "zh-SG": "zh-Hans",
    "zh-TW": "zh-Hant",
    "zh-HK": "zh-Hant",
    "zh-Hant-MO": "zh-Hant",
    yue: "zh-Hant",
    sr: "sr",
    "sr-RS": "sr",
    "sr-Cyrl-BA": "sr",
    "sr-Latn": "sr-Latn",
    "sr-Latn-RS": "sr-Latn",
    "sr-ME": "sr-Latn",
    no: "nb",
    nn: "nb",
    "nb-NO": "nb",
    pa: "pa",
    "pa-IN": "pa",
    // Written in another script than the text.
    "pa-PK": undefined,
    "pa-Arab": undefined,
    "hi-Latn": undefined,
    "ur-Latn": undefined,
    "uz-Cyrl": undefined,
    "ms-Arab": undefined,
    tlh: undefined,
    eo: undefined,
  };
  for (const [tag, answer] of Object.entries(expected)) assert.equal(lookup(tag, builtIn), answer, tag);
});

test("of several at hand the longest range answers", () => {
  const own = new Set(["es", "es-MX", "zh", "zh-TW", "fr-CA"]);
  const expected: Record<string, string | undefined> = {
    "es-MX": "es-MX",
    "es-AR": "es",
    "zh-TW": "zh-TW",
    "zh-Hant": "zh-TW",
    "zh-Hans-SG": "zh",
    "fr-CA": "fr-CA",
    // A text for Canada is not one for all who read French.
    fr: undefined,
    "fr-FR": undefined,
  };
  for (const [tag, answer] of Object.entries(expected)) assert.equal(lookup(tag, own), answer, tag);
});

test("any tag that can be asked for: an answer that is at hand, in the tag's script, or none; never a fault", () => {
  const subtag = fc.constantFrom(
    "en",
    "zh",
    "sr",
    "Latn",
    "Cyrl",
    "Hant",
    "TW",
    "419",
    "x",
    "u",
    "nu",
    "deva",
    "a1b2c",
    "1994",
    "i",
    "und",
    "cmn",
  );
  const tag = fc.oneof(
    fc.array(subtag, { minLength: 1, maxLength: 6 }).map((parts) => parts.join("-")),
    fc.stringMatching(/^[a-z]{2,3}(-[A-Z]{2})?$/),
  );
  fc.assert(
    fc.property(tag, (text) => {
      let canonical: string | undefined;
      try {
        [canonical] = Intl.getCanonicalLocales(text);
      } catch {
        return;
      }
      const answer = lookup(canonical ?? "", builtIn);
      if (answer === undefined) return;
      assert.ok(builtIn.has(answer));
      assert.equal(
        new Intl.Locale(answer).maximize().script,
        new Intl.Locale(canonical ?? "").maximize().script,
        `${text} → ${answer}`,
      );
    }),
    { numRuns: 2_000 },
  );
});
