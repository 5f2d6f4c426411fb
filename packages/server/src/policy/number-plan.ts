/**
 * Which region a number is of, and of which type: the numbering plans of libphonenumber's full metadata, read by the
 * same steps as its own `getType()`, which take about 15 µs there for parsing that a strict E.164 number does not need.
 * A test holds both together. No I/O.
 */
import { type CountryCode, getCountries, getCountryCallingCode, Metadata } from "libphonenumber-js/max";
import { Memory } from "../model/memory.ts";
import { isBeginningOf } from "./pattern-beginnings.ts";

/** Types of numbers, in the order in which they are looked for. */
const libraryTypes = {
  MOBILE: "mobile",
  PREMIUM_RATE: "premium_rate",
  TOLL_FREE: "toll_free",
  SHARED_COST: "shared_cost",
  VOIP: "voip",
  PERSONAL_NUMBER: "personal_number",
  PAGER: "pager",
  UAN: "uan",
  VOICEMAIL: "voicemail",
} as const;

/** `fixed_line_or_mobile`: the plan does not tell the two apart. `satellite`: any number of no region but the below. */
export type NumberType =
  | (typeof libraryTypes)[keyof typeof libraryTypes]
  | "fixed_line"
  | "fixed_line_or_mobile"
  | "satellite";

export type NumberClass =
  | {
      readonly kind: "valid";
      /**
       * ISO 3166-1 alpha-2; the one that libphonenumber says comes first, then others in whose plan it is valid as well
       * (mobiles of AX are in the plan of FI). None for calling codes of no region.
       */
      readonly regions: readonly CountryCode[];
      readonly type: NumberType;
    }
  /** No valid number, and it begins as numbers of a special type do, or as none at all. */
  | { readonly kind: "special" }
  /** No valid number, but one that a later plan may have: of one of these regions, all that share its calling code. */
  | { readonly kind: "unknown"; readonly regions: readonly CountryCode[] };

/**
 * Calling codes of no region (ITU-T E.164 list of assigned country codes, 2016 with amendments to 2025): what is valid
 * there is of one type, whatever the plan calls it.
 */
const withoutRegion: ReadonlyMap<string, NumberType> = new Map([
  ["800", "toll_free"],
  ["808", "shared_cost"],
  ["870", "satellite"],
  ["878", "personal_number"],
  ["881", "satellite"],
  ["882", "satellite"],
  ["883", "satellite"],
  ["888", "satellite"],
  ["979", "premium_rate"],
]);

interface TypePattern {
  readonly type: NumberType;
  readonly pattern: RegExp;
  readonly lengths: readonly number[] | undefined;
}

interface RegionPlan {
  readonly region: CountryCode;
  /** If it has some, a number is of this region exactly if it begins so. */
  readonly leadingDigits: RegExp | undefined;
  readonly general: RegExp;
  readonly types: readonly TypePattern[];
  /** The plan has one pattern for fixed lines and mobiles. */
  readonly isMobileLikeFixed: boolean;
}

/** The parts of libphonenumber-js's Metadata that its types leave out. */
interface LibraryPlan {
  nationalNumberPattern(): string;
  leadingDigits(): string | 0 | undefined;
  type(name: string): { pattern(): string | undefined; possibleLengths(): number[] | undefined } | undefined;
}

const plansOf = new Map<string, readonly RegionPlan[]>();

/** Classes of the numbers that were asked for last: one send asks several times. */
const known = new Memory<NumberClass>(4_096);

/** The class of a possible E.164 number. */
export function classOf(recipient: string): NumberClass {
  let found = known.get(recipient);
  if (!found) {
    found = classIn(recipient);
    known.set(recipient, found);
  }
  return found;
}

function classIn(recipient: string): NumberClass {
  const callingCode = callingCodeOf(recipient);
  if (callingCode === undefined) return { kind: "special" };
  const type = withoutRegion.get(callingCode);
  if (type) return { kind: "valid", regions: [], type };
  const national = recipient.slice(callingCode.length + 1);
  const plans = plansFor(callingCode);
  const found = plans.find((plan) => (plan.leadingDigits ? plan.leadingDigits.test(national) : typeIn(plan, national)));
  const own = found && typeIn(found, national);
  if (found && own) {
    const others = plans.filter((plan) => plan !== found && typeIn(plan, national));
    return { kind: "valid", regions: [found, ...others].map(({ region }) => region), type: own };
  }
  const candidates = found ? [found] : plans;
  return leadsToOrdinary(candidates, national)
    ? { kind: "unknown", regions: plans.map(({ region }) => region) }
    : { kind: "special" };
}

const callingCodes: ReadonlySet<string> = new Set<string>([
  ...withoutRegion.keys(),
  ...getCountries().map((country) => String(getCountryCallingCode(country))),
]);

/** The calling code that the number begins with, without the plus; regions may share one. */
export function callingCodeOf(recipient: string): string | undefined {
  for (let end = 2; end <= 4; end += 1) if (callingCodes.has(recipient.slice(1, end))) return recipient.slice(1, end);
  return undefined;
}

function plansFor(callingCode: string): readonly RegionPlan[] {
  let plans = plansOf.get(callingCode);
  if (!plans) {
    const { getCountryCodesForCallingCode } = new Metadata() as unknown as {
      getCountryCodesForCallingCode(code: string): CountryCode[];
    };
    plans = getCountryCodesForCallingCode.call(new Metadata(), callingCode).map(planOf);
    plansOf.set(callingCode, plans);
  }
  return plans;
}

function planOf(region: CountryCode): RegionPlan {
  const metadata = new Metadata();
  metadata.selectNumberingPlan(region);
  const plan = metadata.numberingPlan as unknown as LibraryPlan;
  const leadingDigits = plan.leadingDigits();
  const types: TypePattern[] = [];
  for (const [name, type] of [["FIXED_LINE", "fixed_line"] as const, ...Object.entries(libraryTypes)]) {
    const found = plan.type(name);
    const pattern = found?.pattern();
    if (found && pattern) types.push({ type, pattern: whole(pattern), lengths: found.possibleLengths() });
  }
  const mobile = plan.type("MOBILE");
  return {
    region,
    leadingDigits: leadingDigits ? new RegExp(`^(?:${leadingDigits})`) : undefined,
    general: whole(plan.nationalNumberPattern()),
    types,
    isMobileLikeFixed: !mobile || mobile.pattern() === "",
  };
}

function typeIn({ general, types, isMobileLikeFixed }: RegionPlan, national: string): NumberType | undefined {
  if (!general.test(national)) return undefined;
  const is = ({ pattern, lengths }: TypePattern) =>
    (!lengths || lengths.includes(national.length)) && pattern.test(national);
  const found = types.find(is)?.type;
  if (found !== "fixed_line") return found;
  const isMobile = types.some((each) => each.type === "mobile" && is(each));
  return isMobileLikeFixed || isMobile ? "fixed_line_or_mobile" : found;
}

const ordinary: readonly NumberType[] = ["mobile", "fixed_line", "voip"];

/**
 * Whether the number begins more like an ordinary number than like a special one. `national` is valid in none of the
 * plans.
 */
function leadsToOrdinary(plans: readonly RegionPlan[], national: string): boolean {
  const longest = (isWanted: (type: NumberType) => boolean): number => {
    const patterns = plans.flatMap(({ types }) => types.filter(({ type }) => isWanted(type)));
    for (let length = national.length; length > 0; length -= 1) {
      const beginning = national.slice(0, length);
      if (patterns.some(({ pattern }) => isBeginningOf(pattern, beginning))) return length;
    }
    return 0;
  };
  const asOrdinary = longest((type) => ordinary.includes(type));
  return asOrdinary > 0 && asOrdinary >= longest((type) => !ordinary.includes(type));
}

function whole(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern})$`);
}
