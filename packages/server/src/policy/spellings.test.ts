import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "@antryk/testkit/inputs/fast-check";
import { classOf } from "./number-plan.ts";
import { isPossibleRecipient } from "./recipient.ts";
import { canonicalSpelling, dialledSpelling, spellings, spellingsOf } from "./spellings.ts";

/** Canonical spelling, the other one, and which of the two the other one is dialled by. */
const pairs = [
  ["+5491123456789", "+541123456789", "+541123456789"],
  ["+5492614123456", "+542614123456", "+542614123456"],
  ["+5511987654321", "+551187654321", "+5511987654321"],
  ["+5521965432109", "+552165432109", "+5521965432109"],
  ["+525512345678", "+5215512345678", "+525512345678"],
  ["+2290197123456", "+22997123456", "+2290197123456"],
  ["+2290121301234", "+22921301234", "+2290121301234"],
] as const;

test("both spellings of a number have one canonical form, and are possible recipients", () => {
  for (const [canonical, other, dialled] of pairs) {
    assert.equal(canonicalSpelling(other), canonical);
    assert.equal(canonicalSpelling(canonical), canonical);
    assert.deepEqual(spellingsOf(other), [canonical, other]);
    assert.deepEqual(spellingsOf(canonical), [canonical, other]);
    assert.equal(dialledSpelling(other), dialled);
    assert.equal(dialledSpelling(canonical), canonical);
    for (const spelling of [canonical, other]) assert.ok(isPossibleRecipient(spelling), spelling);
    assert.equal(classOf(dialled).kind, "valid", dialled);
  }
  const covered = new Set(pairs.map(([canonical]) => spellings.find(({ prefix }) => canonical.startsWith(prefix))));
  assert.equal(covered.size, spellings.length, "every row has a pair here");
});

test("neighbours, fixed lines with eight digits, radios and other countries keep their one spelling", () => {
  for (const to of [
    "+551132654321",
    "+551178654321",
    "+5511912345678",
    "+548001234567",
    "+5218001",
    "+5491012345",
    "+22961",
    "+22890123456",
    "+53512345678",
    "+919876543210",
    "+14155552671",
  ]) {
    assert.deepEqual(spellingsOf(to), [to]);
    assert.equal(dialledSpelling(to), to);
  }
});

/** Numbers that begin as the rows' do, of every length, so that many fit a row and many just do not. */
const number = fc
  .tuple(
    fc.constantFrom(...spellings.map(({ prefix }) => prefix), "+1", "+91"),
    fc.constantFrom("", "1", "9", "01", "11", "119", "15"),
    fc.integer({ min: 5, max: 11 }).chain((length) => fc.stringMatching(new RegExp(`^\\d{${length}}$`))),
  )
  .map((parts) => parts.join(""));

test("the canonical form is idempotent, and all spellings of a number have the same one", () => {
  let changed = 0;
  let impossible = 0;
  fc.assert(
    fc.property(number, (to) => {
      const canonical = canonicalSpelling(to);
      assert.equal(canonicalSpelling(canonical), canonical);
      const all = spellingsOf(to);
      assert.equal(all[0], canonical);
      assert.ok(all.includes(to), to);
      assert.equal(new Set(all).size, all.length);
      for (const spelling of all) {
        assert.equal(canonicalSpelling(spelling), canonical);
        assert.deepEqual(spellingsOf(spelling), all);
      }
      assert.ok(all.includes(dialledSpelling(to)));
      if (canonical !== to) changed += 1;
      if (canonical !== to && !isPossibleRecipient(to)) impossible += 1;
    }),
    { numRuns: 20_000 },
  );
  assert.ok(changed > 500, `${changed} numbers had another spelling`);
  assert.ok(impossible < changed, `${impossible} of ${changed} are not possible`);
});

test("two numbers that are not one phone never share a canonical form", () => {
  const seen = new Map<string, string>();
  fc.assert(
    fc.property(number, (to) => {
      const canonical = canonicalSpelling(to);
      const first = seen.get(canonical) ?? to;
      seen.set(canonical, first);
      assert.ok(spellingsOf(canonical).includes(to));
      assert.ok(spellingsOf(canonical).includes(first));
    }),
    { numRuns: 20_000 },
  );
});

test("every row names its source and its day", () => {
  for (const { source, since, prefix } of spellings) {
    assert.ok(source.length > 10, prefix);
    assert.ok(new Date(since).toISOString().startsWith(since), prefix);
  }
});
