/** May this number exist at all? No I/O. */
import { isRecipient } from "@antryk/contract";
import {
  type CountryCode,
  getCountries,
  getCountryCallingCode,
  Metadata,
  parsePhoneNumberFromString,
} from "libphonenumber-js";
import { canonicalSpelling } from "./spellings.ts";

/** What libphonenumber knows of a calling code's numbers. */
interface NumberingPlan {
  readonly lengths: ReadonlySet<number>;
  /** What it would take for a national prefix and strip. */
  readonly nationalPrefixes: readonly RegExp[];
}

const plans = new Map<string, NumberingPlan>();

/** Countries may share a calling code: a length counts if all of them have it, a prefix if any of them has it. */
for (const country of getCountries()) {
  const callingCode = getCountryCallingCode(country);
  const shared = plans.get(callingCode);
  const own = planOf(country);
  plans.set(
    callingCode,
    shared
      ? {
          lengths: shared.lengths.intersection(own.lengths),
          nationalPrefixes: [...shared.nationalPrefixes, ...own.nationalPrefixes],
        }
      : own,
  );
}

/**
 * Strict E.164, and a number of a length that its country has (ITU numbering plans by way of libphonenumber), or the
 * other spelling of one.
 */
export function isPossibleRecipient(value: unknown): value is string {
  return isRecipient(value) && (fitsPlan(value) || parses(value) || isOtherSpelling(value));
}

function isOtherSpelling(value: string): boolean {
  const canonical = canonicalSpelling(value);
  return canonical !== value && parses(canonical);
}

/**
 * What the parser needs 15 µs to find, for most numbers: no zero or national prefix inside, and a length that the plan
 * has. A test holds both together.
 */
export function fitsPlan(recipient: string): boolean {
  for (let end = 2; end <= 4; end += 1) {
    const plan = plans.get(recipient.slice(1, end));
    if (!plan) continue;
    const national = recipient.slice(end);
    return (
      plan.lengths.has(national.length) &&
      !national.startsWith("0") &&
      !plan.nationalPrefixes.some((prefix) => prefix.test(national))
    );
  }
  return false;
}

/** The country's calling code, without the plus; countries may share one. */
export function callingCodeOf(recipient: string): string | undefined {
  for (let end = 2; end <= 4; end += 1) if (plans.has(recipient.slice(1, end))) return recipient.slice(1, end);
  return undefined;
}

export function parses(recipient: string): boolean {
  const number = parsePhoneNumberFromString(recipient);
  // A national prefix inside ("+4407…") parses to another number: two spellings must not be two recipients.
  return number?.isPossible() === true && number.number === recipient;
}

function planOf(country: CountryCode): NumberingPlan {
  const metadata = new Metadata();
  metadata.selectNumberingPlan(country);
  const plan = metadata.numberingPlan as unknown as {
    possibleLengths(): number[];
    nationalPrefixForParsing(): string | undefined;
  };
  const prefix = plan.nationalPrefixForParsing();
  return { lengths: new Set(plan.possibleLengths()), nationalPrefixes: prefix ? [new RegExp(`^(?:${prefix})`)] : [] };
}
