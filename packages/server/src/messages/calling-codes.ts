/**
 * The language to write to a number in if neither request nor service names one: its country's, by calling code,
 * without parsing the number.
 */
import type { Language } from "./texts.ts";

/**
 * Language → the first digits of the numbers it is written to. All others get English. If a country has several
 * languages, the one that most of its people read is listed; in India, Sri Lanka, Kenya, the Emirates and others that
 * is English, so they are not listed.
 */
export const callingCodes: Readonly<Partial<Record<Language, string>>> = {
  am: "251",
  ar: "20 212 213 216 218 222 249 269 961 962 963 964 965 966 967 968 970 973",
  az: "994",
  bg: "359",
  bn: "880",
  bs: "387",
  ca: "376",
  cs: "420",
  da: "45 298 299",
  de: "41 43 49 423",
  el: "30 357",
  es: "34 51 52 53 54 56 57 58 240 502 503 504 505 506 507 591 593 595 598 1787 1809 1829 1849 1939",
  et: "372",
  fa: "93 98",
  fi: "358",
  fr:
    "32 33 221 223 224 225 226 227 228 229 235 236 237 241 242 243 253 257 261 262 352 377 508 509 590 594 596 " +
    "681 687 689",
  he: "972",
  hr: "385",
  hu: "36",
  hy: "374",
  id: "62",
  is: "354",
  it: "39 378",
  ja: "81",
  ka: "995",
  km: "855",
  ko: "82 850",
  lo: "856",
  lt: "370",
  lv: "371",
  mk: "389",
  mn: "976",
  ms: "60 673",
  my: "95",
  nb: "47",
  ne: "977",
  nl: "31 297 597 599",
  pl: "48",
  pt: "238 239 244 245 258 351 670",
  "pt-BR": "55",
  ro: "40 373",
  ru: "7 375 992 993 996",
  sk: "421",
  sl: "386",
  sq: "355 383",
  "sr-Latn": "381 382",
  sv: "46",
  sw: "255",
  th: "66",
  tr: "90",
  uk: "380",
  ur: "92",
  uz: "998",
  vi: "84",
  "zh-Hans": "86",
  "zh-Hant": "852 853 886",
};

const languages = Object.keys(callingCodes) as Language[];

/** By a number's first four digits: index into `languages`, from 1. No prefix is longer, and no number has so few. */
const byFirstDigits = new Uint8Array(10_000);
for (const width of [1, 2, 3, 4]) {
  for (const [index, language] of languages.entries()) {
    for (const prefix of callingCodes[language]?.split(" ") ?? []) {
      if (prefix.length !== width) continue;
      const span = 10 ** (4 - width);
      byFirstDigits.fill(index + 1, Number(prefix) * span, (Number(prefix) + 1) * span);
    }
  }
}

/** `to` is E.164. */
export function languageOfNumber(to: string): Language {
  let first = 0;
  for (let index = 1; index <= 4; index += 1) first = first * 10 + to.charCodeAt(index) - 48;
  return languages[(byFirstDigits[first] ?? 0) - 1] ?? "en";
}
