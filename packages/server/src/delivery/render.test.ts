/** Messages: the code is found by phones and by people, whatever an operator writes around it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { brandProblem, defaultTemplate, render, templateProblem } from "./render.ts";

test("the built-in text names the code first, the brand and the minutes", () => {
  assert.equal(templateProblem(defaultTemplate), undefined);
  assert.equal(
    render(defaultTemplate, { code: "012345", brand: "Acme", minutes: 5 }),
    "012345 is your Acme code. It expires in 5 min. Do not share it with anyone.",
  );
});

test("what stands for a placeholder is put in as it is, not read again", () => {
  assert.equal(render("{brand}: {code}", { code: "1234", brand: "$& $1 \\ {minutes}", minutes: 5 }), "$& $1 \\ {minutes}: 1234");
});

test("templates that are refused", () => {
  const refused: Record<string, RegExp> = {
    "": /\{code\}/,
    Hello: /\{code\}/,
    "{code} {code}": /only once/,
    "{code} {name}": /unknown placeholder \{name\}/,
    "{code} {": /unknown placeholder/,
    "call 1234 {code}": /four or more digits/,
    "call ١٢٣٤ {code}": /four or more digits/,
    "5{code}": /beside/,
    "{code}5": /beside/,
    "{minutes}{code}": /placeholder/,
    "{brand}{code}": /placeholder/,
    "{code}{minutes}": /placeholder/,
    "{code}{brand}": /placeholder/,
    "12{minutes}0 {code}": /digits/,
    "99{brand} {code}": /digits/,
    "{minutes}{minutes} {code}": /digits/,
    "{code} \u202e": /control/,
    "{code} \u0007": /control/,
    [`{code}${"x".repeat(600)}`]: /600/,
  };
  for (const [template, problem] of Object.entries(refused)) assert.match(templateProblem(template) ?? "taken", problem, template);
});

test("templates that are taken: other scripts, line breaks, the last lines that browsers and phones read", () => {
  for (const template of [
    "{code}",
    "आपका कोड {code} है",
    "{brand} {code}\n\n@example.com #{code}".replace(" {code}", ""),
    "{code}\nFA+9qCX9VSu",
    "क्\u200dष {code}",
    "3 tries, {minutes} min: {code}",
  ])
    assert.equal(templateProblem(template), undefined, template);
});

test("brands that are refused: digits like a code, links, braces, control and direction characters", () => {
  for (const brand of [
    "",
    "  ",
    "x".repeat(41),
    "Acme 123",
    "Acme ١٢٣",
    "https://acme",
    "www.acme",
    "acme.com",
    "acme.co.uk now",
    "{code}",
    "a\u202eb",
    "a\nb",
    "a\u0000",
  ])
    assert.ok(brandProblem(brand), brand);
  for (const brand of ["Acme", "Acme 24", "Café №7", "आक्मे", "AT&T", "St. John", "Yahoo!"])
    assert.equal(brandProblem(brand), undefined, brand);
});

test("any template and brand that are taken: the first run of four or more digits is the code, whole", () => {
  const piece = fc.oneof(fc.constantFrom("{brand}", "{minutes}", " ", "1", "22", "333", "a", "\n", "-"), fc.string({ maxLength: 5 }));
  const template = fc
    .tuple(fc.array(piece, { maxLength: 6 }), fc.array(piece, { maxLength: 6 }))
    .map(([before, after]) => `${before.join("")}{code}${after.join("")}`);
  const brand = fc.oneof(fc.constantFrom("Acme", "12 Acme 12", "7"), fc.string({ minLength: 1, maxLength: 10 }));
  const seen = { taken: 0 };
  fc.assert(
    fc.property(template, brand, fc.integer({ min: 1, max: 10 }), fc.stringMatching(/^[0-9]{4,10}$/), (text, name, minutes, code) => {
      fc.pre(templateProblem(text) === undefined && brandProblem(name) === undefined);
      seen.taken += 1;
      assert.equal(/[0-9]{4,}/.exec(render(text, { code, brand: name, minutes }))?.[0], code);
    }),
    { numRuns: 1_000 },
  );
  assert.ok(seen.taken > 100);
});
