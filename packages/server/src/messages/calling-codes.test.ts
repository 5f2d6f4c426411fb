/** Which language a number is written to: every calling code that there is, by the same plans that prove numbers. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { getCountries, getCountryCallingCode } from "libphonenumber-js";
import { callingCodes, languageOfNumber } from "./calling-codes.ts";
import { texts } from "./texts.ts";

const known = new Set<string>(getCountries().map((country) => getCountryCallingCode(country)));

test("each prefix is a calling code, or an area of North America, listed once; each language has a text", () => {
  const seen = new Set<string>();
  for (const [language, prefixes] of Object.entries(callingCodes)) {
    assert.ok(language in texts && language !== "en", language);
    for (const prefix of prefixes.split(" ")) {
      assert.ok(known.has(prefix) || /^1\d{3}$/.test(prefix), `${language}: ${prefix}`);
      assert.ok(!seen.has(prefix), `${prefix} is listed twice`);
      seen.add(prefix);
    }
  }
});

test("the language of numbers around the world", () => {
  const expected: Record<string, string> = {
    "+919876543210": "en",
    "+12025550123": "en",
    "+14165550123": "en",
    "+18095550123": "es",
    "+17875550123": "es",
    "+18765550123": "en",
    "+447400123456": "en",
    "+4915112345678": "de",
    "+41791234567": "de",
    "+33612345678": "fr",
    "+32470123456": "fr",
    "+221701234567": "fr",
    "+5511961234567": "pt-BR",
    "+351912345678": "pt",
    "+244923123456": "pt",
    "+5215512345678": "es",
    "+79123456789": "ru",
    "+77012345678": "ru",
    "+380501234567": "uk",
    "+201001234567": "ar",
    "+971501234567": "en",
    "+972501234567": "he",
    "+989123456789": "fa",
    "+923012345678": "ur",
    "+8801812345678": "bn",
    "+94711234567": "en",
    "+8613123456789": "zh-Hans",
    "+886912345678": "zh-Hant",
    "+85251234567": "zh-Hant",
    "+6591234567": "en",
    "+821012345678": "ko",
    "+819012345678": "ja",
    "+254712123456": "en",
    "+255621234567": "sw",
    "+3546111234": "is",
    // What no country has.
    "+999123456789": "en",
    "+80012345678": "en",
    "+8835100": "en",
  };
  for (const [to, language] of Object.entries(expected)) assert.equal(languageOfNumber(to), language, to);
});

test("a prefix answers for all of its numbers and no others", () => {
  const listed = new Map(
    Object.entries(callingCodes).flatMap(([language, prefixes]) => prefixes.split(" ").map((each) => [each, language])),
  );
  for (let first = 1_000; first <= 9_999; first += 1) {
    const digits = String(first);
    const longest = [4, 3, 2, 1]
      .map((width) => listed.get(digits.slice(0, width)))
      .find((language) => language !== undefined);
    assert.equal(languageOfNumber(`+${digits}55501`), longest ?? "en", digits);
  }
});
