/**
 * One phone, one recipient. Some numbers have two spellings in E.164 that lead to the same phone; a recipient is known
 * by one of them, the canonical one. Why, and what was left out: docs/decisions/0031-one-phone-one-recipient.md. Pure.
 */

/** A plan in which one subscriber has two spellings. */
export interface SpellingRow {
  /** What both spellings begin with: plus and calling code. */
  readonly prefix: string;
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  /** The other spelling, without the prefix. No canonical spelling may fit it. */
  readonly other: RegExp;
  /** What stands before the canonical spelling's national number, or in it: for `String.replace`. */
  readonly canonical: string;
  /** The canonical spellings that have another one, and that one: the way back. */
  readonly back: readonly [RegExp, string];
  /** Networks no longer take the other spelling: messages go to the canonical one. */
  readonly onlyCanonicalDialled: boolean;
  /** Since when the canonical spelling is in use everywhere, ISO 8601. */
  readonly since: string;
  readonly source: string;
}

/**
 * A row may stand here only if its plan gives no second subscriber a number that the row changes: whoever gets a code
 * at one spelling can verify the other.
 */
export const spellings: readonly SpellingRow[] = [
  {
    // Mobiles and fixed lines share one plan of ten digits; the 9 says how a call to a mobile is charged.
    prefix: "+54",
    country: "AR",
    other: /^([1-3]\d{9})$/,
    canonical: "9$1",
    back: [/^9([1-3]\d{9})$/, "$1"],
    onlyCanonicalDialled: false,
    since: "1999-01-24",
    source:
      "Plan Fundamental de Numeración Nacional (Res. SC 46/97); en.wikipedia.org/wiki/Telephone_numbers_in_Argentina",
  },
  {
    // Fixed lines begin with 2 to 5; radios (7) kept eight digits, so they have one spelling.
    prefix: "+55",
    country: "BR",
    other: /^([1-9]{2})([689]\d{7})$/,
    canonical: "$19$2",
    back: [/^([1-9]{2})9([689]\d{7})$/, "$1$2"],
    onlyCanonicalDialled: true,
    since: "2016-11-06",
    source: "Anatel, Resolução 553/2010 and its calendar of 2012-10-25",
  },
  {
    prefix: "+52",
    country: "MX",
    other: /^1([2-9]\d{9})$/,
    canonical: "$1",
    back: [/^([2-9]\d{9})$/, "1$1"],
    onlyCanonicalDialled: true,
    since: "2019-08-03",
    source:
      "IFT, Plan Técnico Fundamental de Numeración of 2018: prefixes end on 2019-08-03, in parallel until 2020-08-03",
  },
  {
    prefix: "+229",
    country: "BJ",
    other: /^([24-69]\d{7})$/,
    canonical: "01$1",
    back: [/^01([24-69]\d{7})$/, "$1"],
    onlyCanonicalDialled: true,
    since: "2024-11-30",
    source: "ARCEP Bénin: ten digits from 2024-11-30, every number with 01 before it; eight digits end a month later",
  },
];

/** By what stands behind the plus: two digits tell nearly every other number apart. */
const byBeginning: ReadonlyMap<string, SpellingRow> = new Map(spellings.map((row) => [row.prefix.slice(1, 3), row]));

function rowOf(to: string): SpellingRow | undefined {
  const row = byBeginning.get(to.slice(1, 3));
  return row && to.startsWith(row.prefix) ? row : undefined;
}

/** The spelling that the recipient of an E.164 number is known by. Of a canonical spelling: itself. */
export function canonicalSpelling(to: string): string {
  const row = rowOf(to);
  return row ? respelled(to, row, row.other, row.canonical) : to;
}

/** The spelling that a message is sent to. */
export function dialledSpelling(to: string): string {
  return rowOf(to)?.onlyCanonicalDialled ? canonicalSpelling(to) : to;
}

/** Every spelling of the number's phone, the canonical one first. */
export function spellingsOf(to: string): readonly string[] {
  const row = rowOf(to);
  if (!row) return [to];
  const canonical = canonicalSpelling(to);
  const other = respelled(canonical, row, ...row.back);
  return other === canonical ? [canonical] : [canonical, other];
}

function respelled(to: string, { prefix }: SpellingRow, from: RegExp, into: string): string {
  return prefix + to.slice(prefix.length).replace(from, into);
}
