/** Pages out of several places: nothing is left out between two pages, and nothing comes twice. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "@antryk/testkit/inputs/fast-check";
import type { PolicyDecision } from "../../model/policy-decision.ts";
import type { Found, SearchPage } from "../../model/search.ts";
import { firstIdOf, idsOf, pageOf, type Stream, streamOf } from "./search.ts";

function foundAt(ms: number): Found {
  const id = firstIdOf(ms);
  const decision = { decisionId: id, at: ms, accountId: "a", to: "+1", reason: "guard", rule: "burst" };
  return { kind: "decision", id, decision: decision as PolicyDecision };
}

/** What a place answers: the newest `rows` of the range. */
function read(all: readonly number[], before: string | undefined, rows: number): Stream {
  const range = idsOf({ before, limit: 1 });
  const page = all
    .map(foundAt)
    .filter(({ id }) => id < range.before)
    .sort((a, b) => (a.id < b.id ? 1 : -1))
    .slice(0, rows);
  const ids = page.map(({ id }) => id);
  return streamOf(page, ids, rows);
}

test("all pages together are everything, the newest first, however the rows are spread over places", () => {
  const times = fc.uniqueArray(fc.integer({ min: 1, max: 500 }), { maxLength: 60 });
  fc.assert(
    fc.property(
      fc.array(times, { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 9 }),
      (places, rows, limit) => {
        const found: string[] = [];
        let before: string | undefined;
        let pages = 0;
        do {
          const page: SearchPage = pageOf(
            places.map((all) => read(all, before, rows)),
            { before, limit },
          );
          found.push(...page.found.map(({ id }) => id));
          assert.ok(page.found.length <= limit);
          assert.ok(page.next === undefined || before === undefined || page.next < before, "it leads on");
          before = page.next;
          pages += 1;
        } while (before !== undefined && pages < 1_000);
        const all = [...new Set(places.flat())].sort((a, b) => b - a).map(firstIdOf);
        assert.deepEqual(found, all);
      },
    ),
  );
});

test("what is looked for decides: by reason, rule and gateway", () => {
  const found = [foundAt(1)];
  const asked = { limit: 5 };
  const stream = { found, completeFrom: "" };
  for (const [query, count] of [
    [{ reason: "guard" }, 1],
    [{ reason: "burst" }, 1],
    [{ reason: "limit" }, 0],
    [{ gateway: "tw" }, 0],
    [{ accountId: "b" }, 0],
    [{ state: "expired" as const }, 0],
    [{ since: 2 }, 0],
    [{ until: 1 }, 0],
    [{ since: 1, until: 2 }, 1],
  ] as const)
    assert.equal(pageOf([stream], { ...asked, ...query }).found.length, count, JSON.stringify(query));
  const refused = foundAt(2);
  const decision = {
    ...(refused.kind === "decision" && refused.decision),
    reason: "gateway",
    rule: "tw blocked, own x",
  };
  const gateways = { found: [{ ...refused, decision } as Found], completeFrom: "" };
  for (const [gateway, count] of [
    ["tw", 1],
    ["own", 1],
    ["blocked", 0],
  ] as const)
    assert.equal(pageOf([gateways], { ...asked, gateway }).found.length, count, gateway);
});
