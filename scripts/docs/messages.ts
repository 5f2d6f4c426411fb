/** The built-in texts, what each costs, and which numbers get it. */
import { getCountries, getCountryCallingCode } from "libphonenumber-js";
import { callingCodes, languageOfNumber } from "../../packages/server/src/messages/calling-codes.ts";
import { sizeAt, worstCase } from "../../packages/server/src/messages/sms/lint.ts";
import { room } from "../../packages/server/src/messages/sms/segments.ts";
import { texts } from "../../packages/server/src/messages/texts.ts";
import { code, table } from "./markdown.ts";

const names = new Intl.DisplayNames(["en"], { type: "language" });
const all = Object.entries(texts).map(([tag, text]) => ({ tag, text, size: sizeAt(text, worstCase) }));

/** The text comes last, so that one from right to left turns no other cell around. */
function languagesText(): string {
  return table(
    ["tag", "language", "alphabet", "length", "segments", "text"],
    all.map(({ tag, text, size }) => [
      code(tag),
      names.of(tag) ?? tag,
      size.alphabet,
      `${size.units} of ${room[size.alphabet].alone}`,
      String(size.segments),
      code(text),
    ]),
  );
}

function longerText(): string {
  const longer = all.filter(({ size }) => size.segments > 1);
  const count = `${all.length} languages`;
  if (longer.length === 0) return `All ${count} fit into one segment. None needs more.`;
  const list = longer.map(({ tag, size }) => `${code(tag)} (${size.segments})`).join(", ");
  return `Of ${count}, these need more than one segment: ${list}.`;
}

/**
 * Countries by ISO 3166 code: those that share a calling code share a language, except if the table sets them apart.
 */
function countriesText(): string {
  const byLanguage = new Map<string, string[]>();
  for (const country of getCountries().toSorted()) {
    const language = languageOfNumber(`+${getCountryCallingCode(country).padEnd(4, "5")}`);
    if (getCountryCallingCode(country) !== "1" && language !== "en")
      byLanguage.set(language, [...(byLanguage.get(language) ?? []), country]);
  }
  return table(
    ["language", "numbers that begin with", "countries"],
    Object.entries(callingCodes).map(([language, prefixes]) => [
      code(language),
      prefixes
        .split(" ")
        .map((prefix) => `+${prefix}`)
        .join(", "),
      (byLanguage.get(language) ?? []).join(", "),
    ]),
  );
}

export const messageSections = {
  languages: languagesText,
  "longer-languages": longerText,
  "language-of-countries": countriesText,
};
