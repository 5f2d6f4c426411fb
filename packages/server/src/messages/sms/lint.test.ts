/** Templates and brands: the code is found by phones and by people, whatever an operator writes around it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "@antryk/testkit/inputs/fast-check";
import { render } from "../template.ts";
import { brandProblem, sizeAt, templateErrors, templateProblem, templateWarnings, worstCase } from "./lint.ts";

const rulesOf = (template: string) => templateErrors(template).map(({ rule }) => rule);

test("templates that are refused, each by its rule", () => {
  const refused: Record<string, string[]> = {
    "": ["code-missing"],
    Hello: ["code-missing"],
    "{code} {code}": ["code-twice"],
    "{code} {name}": ["placeholder"],
    "{code} {": ["placeholder"],
    "{code} {brand": ["placeholder"],
    "{code} {bra{minutes}nd}": ["placeholder"],
    "{Code}": ["code-missing", "placeholder"],
    "call 1234 {code}": ["digits-before"],
    "call ١٢٣٤ {code}": ["digits-before"],
    "call 12\u200d34 {code}": ["digits-before"],
    "5{code}": ["digit-beside"],
    "{code}5": ["digit-beside"],
    "٥{code}": ["digit-beside"],
    "5\u200c{code}": ["digit-beside"],
    "{code}\u200d5": ["digit-beside"],
    "{minutes}{code}": ["code-joined"],
    "{brand}{code}": ["code-joined"],
    "{brand}\u200d{code}": ["code-joined"],
    "{code}{minutes}": ["code-joined"],
    "{code}{brand}": ["code-joined"],
    "12{minutes}0 {code}": ["digits-before"],
    "99{brand} {code}": ["digits-before"],
    "{minutes}{minutes} {code}": ["digits-before"],
    "{code} \u202e": ["control"],
    "{code} \u2066x\u2069": ["control"],
    "{code} \u200f": ["control"],
    "{code} \u2028": ["control"],
    "{code} \u0007": ["control"],
    "{code}\r\n": ["control"],
    "{code} \ud800": ["control"],
    [`{code}${"x".repeat(600)}`]: ["length"],
    "1234 {name} \u0007": ["code-missing", "placeholder", "control"],
  };
  for (const [template, rules] of Object.entries(refused))
    assert.deepEqual(rulesOf(template), rules, JSON.stringify(template));
});

test("templates that are accepted: other scripts, joiners, line breaks, last lines of browsers and phones", () => {
  for (const template of [
    "{code}",
    "आपका कोड {code} है",
    "{brand}\n\n@example.com #{code}",
    "{code}\nFA+9qCX9VSu",
    "क्\u200dष {code}",
    "3 tries, {minutes} min: {code}",
  ])
    assert.equal(templateProblem(template), undefined, template);
});

test("brands that are refused: digits like a code, links, braces, nothing to read, control characters", () => {
  for (const brand of [
    "",
    "  ",
    "!!!",
    "\u200d",
    "x".repeat(41),
    "Acme 123",
    "Acme ١٢٣",
    "Acme 1\u200d23",
    "https://acme",
    "www.acme",
    "acme.com",
    "acme.рф",
    "acme。com",
    "acme.co.uk now",
    "{code}",
    "a\u202eb",
    "a\nb",
    "a\u2029b",
    "a\u0000",
  ])
    assert.ok(brandProblem(brand), JSON.stringify(brand));
  for (const brand of ["Acme", "Acme 24", "Café №7", "आक्मे", "AT&T", "St. John", "Yahoo!", "क्\u200dष"])
    assert.equal(brandProblem(brand), undefined, brand);
});

test("any template and brand that are taken: the first run of four or more digits is the code, whole", () => {
  const piece = fc.oneof(
    fc.constantFrom("{brand}", "{minutes}", " ", "1", "22", "333", "a", "\n", "-", "\u200d", "٣"),
    fc.string({ maxLength: 5 }),
  );
  const template = fc
    .tuple(fc.array(piece, { maxLength: 6 }), fc.array(piece, { maxLength: 6 }))
    .map(([before, after]) => `${before.join("")}{code}${after.join("")}`);
  const brand = fc.oneof(fc.constantFrom("Acme", "12 Acme 12", "7", "٧"), fc.string({ minLength: 1, maxLength: 10 }));
  const seen = { taken: 0 };
  fc.assert(
    fc.property(
      template,
      brand,
      fc.integer({ min: 1, max: 10 }),
      fc.stringMatching(/^[0-9]{4,10}$/),
      (text, name, minutes, code) => {
        fc.pre(templateProblem(text) === undefined && brandProblem(name) === undefined);
        seen.taken += 1;
        const said = render(text, { code, brand: name, minutes }).replace(/[\u200c\u200d]/g, "");
        assert.equal(/\p{Nd}{4,}/u.exec(said)?.[0], code, said);
      },
    ),
    { numRuns: 1_000 },
  );
  assert.ok(seen.taken > 100);
});

test("the worst case: the size said is that of the longest message, and no message is longer", () => {
  const template = fc.constantFrom(
    "{code} {brand} {minutes}",
    "{brand}: {code}, “{minutes}”",
    `${"€".repeat(70)} {code} {brand}`,
  );
  fc.assert(
    fc.property(
      template,
      fc.integer({ min: 1, max: 10 }),
      fc.stringMatching(/^[0-9]{4,10}$/),
      (text, minutes, code) => {
        const { units } = sizeAt(text, worstCase);
        assert.ok(render(text, { code, brand: worstCase.brand, minutes }).length <= units);
      },
    ),
  );
});

test("one odd character: it is named with what to write instead, and what it costs", () => {
  const words = "{code} is your {brand} code. It expires in {minutes} min. Do not share it with anyone";
  const said = (text: string, brand = "Acme") =>
    templateWarnings(text, { ...worstCase, brand })
      .map(({ rule, message }) => `${rule}: ${message}`)
      .join("\n");
  assert.equal(said(`${words}.`), "");
  assert.match(
    said(`${words}, it’s yours.`),
    new RegExp(
      "^alphabet: “’” \\(U\\+2019\\) \\(write '\\) can't be sent in GSM-7, so the whole text takes UCS-2: " +
        "2 segments instead of 1\nsegments: it takes 2 segments: 92 UCS-2 characters at its longest, " +
        "one has room for 70$",
    ),
  );
  assert.match(
    said("{code}… {brand}"),
    /“…” \(U\+2026\) \(write \.\.\.\).*: a segment has room for 70 characters instead of 160$/,
  );
  assert.match(
    said("{code} – “{brand}”"),
    /“–” \(U\+2013\) \(write -\), ““” \(U\+201C\) \(write "\), “”” \(U\+201D\) \(write "\)/,
  );
  assert.match(said("{code}\u00a0{brand}"), /U\+00A0 \(write a plain space\)/);
  assert.match(said("{code} to Twój kod {brand}"), /“ó” \(U\+00F3\) \(write o\)/);
  assert.match(said("{code} cafe\u0301 {brand}"), /\(U\+0301\) \(leave it out\)/);
  assert.match(said("{code} {brand} 😀"), /“😀” \(U\+1F600\) can't be sent/);
  assert.match(said(words, "Acme №7"), /“№” \(U\+2116\) \(write No\)/, "the brand counts as well");
  assert.equal(
    said("{code}: код {brand} на {minutes} мин. Никому не сообщайте."),
    "",
    "a text in another script has no choice",
  );
});

test("more than one segment, links, and what Android reads", () => {
  const rules = (text: string, changes: Partial<typeof worstCase> = {}) =>
    templateWarnings(text, { ...worstCase, ...changes }).map(({ rule }) => rule);
  assert.deepEqual(rules(`{code} ${"x".repeat(149)}`), []);
  assert.deepEqual(rules(`{code} ${"x".repeat(150)}`), ["segments"]);
  assert.deepEqual(rules(`{code} ${"क".repeat(60)}`), ["segments"]);
  assert.deepEqual(rules(`{code} ${"क".repeat(60)}`, { codeLength: 9 }), []);
  assert.deepEqual(rules("{code} https://example.com"), ["link"]);
  const lastLine = { kind: "android", hash: "FA+9qCX9VSu" } as const;
  // 160 septets are 140 octets.
  assert.deepEqual(rules(`{code} ${"x".repeat(137)}`, { lastLine }), []);
  assert.deepEqual(rules(`{code} ${"x".repeat(138)}`, { lastLine }), ["segments", "android-room"]);
  assert.deepEqual(
    rules(`{code} ${"x".repeat(100)}`, { lastLine: { kind: "webotp", domain: `${"a".repeat(50)}.com` } }),
    ["segments"],
  );
});
