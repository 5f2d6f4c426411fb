/** What is remembered of a database, and what another timeline means for codes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { mostAheadMs } from "../clock.ts";
import { type AfterFailover, decodeTimeline, encodeTimeline, movedTimeline, timelineAfter } from "./failover.ts";

const now = Date.UTC(2026, 0, 1);
const newest = now - 60_000;

function after(
  remembered: Parameters<typeof timelineAfter>[0],
  found: Partial<Parameters<typeof timelineAfter>[1]>,
  choice?: AfterFailover,
) {
  const defaults = { system: "7", number: 2, isSynchronous: false };
  return timelineAfter(remembered, { ...defaults, ...found }, { now, newest, choice });
}

const remembered = { system: "7", number: 2, isSynchronous: false, codesFrom: 5 };
const synchronous = { ...remembered, isSynchronous: true };

test("a store that remembers nothing ends no code", () => {
  assert.deepEqual(after(undefined, {}), { ...remembered, codesFrom: 0 });
});

test("the same database: what is remembered stays as it is", () => {
  assert.equal(after(remembered, {}), remembered);
  assert.equal(after(remembered, { system: null, number: null }), remembered);
  assert.deepEqual(after(remembered, { isSynchronous: true }), synchronous);
});

test("another timeline ends the codes from before, unless commits had waited for a standby", () => {
  assert.equal(after(remembered, { number: 3 }).codesFrom, now + 1);
  assert.deepEqual(after(synchronous, { number: 3 }), { ...remembered, number: 3 });
  assert.equal(after(remembered, { number: 3, isSynchronous: true }).codesFrom, now + 1, "by what was, not by what is");
  assert.equal(after(remembered, { number: 1 }).codesFrom, now + 1, "a backup of an older moment");
});

test("a copy on another server has lost what came after it, however the first one replicated", () => {
  assert.equal(after(synchronous, { system: "8" }).codesFrom, now + 1);
  assert.equal(after(synchronous, { system: "8", number: 1 }, "keep").codesFrom, 5);
});

test("the operator's choice comes before what is known of replication", () => {
  assert.equal(after(remembered, { number: 3 }, "keep").codesFrom, 5);
  assert.equal(after(synchronous, { number: 3 }, "end").codesFrom, now + 1);
  assert.equal(after(synchronous, { isSynchronous: true }, "end"), synchronous, "only after a failover");
});

test("what can't be asked for ends nothing, and ends it once it can be asked for again", () => {
  const silent = after(undefined, { system: null, number: null });
  assert.deepEqual(silent, { system: null, number: null, isSynchronous: false, codesFrom: 0 });
  assert.equal(after(silent, { number: 3 }).codesFrom, 0, "nothing to compare with");
  assert.equal(after(remembered, { number: null }).number, 2);
});

test("a new server whose clock is behind: the moment is not before what the old one has seen", () => {
  const found = { system: "7", number: 3, isSynchronous: false };
  const at = (seen: number) => timelineAfter(remembered, found, { now, newest: seen, choice: undefined }).codesFrom;
  assert.ok(at(now + 60_000) >= now + 60_000);
  assert.ok(at(now) >= now + 10_000, "it is written every ten seconds");
  assert.equal(at(now + 2 * mostAheadMs), now + 1, "a clock that was far ahead is not believed");
});

test("what is remembered is read as it was written, and a moved store ends what was ended", () => {
  assert.deepEqual(decodeTimeline(encodeTimeline(synchronous)), synchronous);
  assert.equal(decodeTimeline(null), undefined);
  assert.equal(movedTimeline(0), null);
  const moved = decodeTimeline(movedTimeline(5));
  assert.deepEqual(after(moved, { system: "9", number: 1 }), { ...remembered, system: "9", number: 1 });
});
