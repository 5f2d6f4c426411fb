/** How calls go through the lane when commits fail, answers are lost, and others write the same rows; no database. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { add, copy, follow, look, numberRef, remove } from "@antryk/testkit/store/calls";
import { databaseFault, FakeCommits } from "@antryk/testkit/store/fake-commits";
import { StoreUnavailable, UnreadableRow } from "../../model/errors.ts";
import type { RowRef } from "../engine.ts";
import { Lane, type LaneOptions } from "./lane.ts";

const a = numberRef("a");
const absent = numberRef("absent", true);
const lost = () => Object.assign(new Error("the connection was reset"), { code: "ECONNRESET" });
const neverLocked: LaneOptions["runLocked"] = () => assert.fail("no call of this test goes apart");

function laneOver(database: FakeCommits, more: Partial<LaneOptions> = {}): Lane {
  return new Lane({
    process: 1,
    size: 64,
    patienceMs: 60_000,
    now: () => 0,
    send: (text, values) => database.send(text, values),
    given: () => null,
    learnTime: () => assert.fail("no clock of this test is off"),
    timeline: { number: null, codesFrom: 0 },
    learnTimeline: () => assert.fail("no database of this test is another one"),
    heldAmong: () => assert.fail("nobody holds a row of this test"),
    runLocked: neverLocked,
    ...more,
  });
}

/** Another process writes the row. */
let versions = 2 ** 52;
function write(database: FakeCommits, ref: RowRef<number>, row: number | string): void {
  versions += 1;
  database.rows.set(ref.key.toString("latin1"), {
    version: versions,
    text: typeof row === "string" ? row : JSON.stringify(row),
  });
}

const rowIn = (database: FakeCommits, ref: RowRef<number>) => {
  const row = database.rows.get(ref.key.toString("latin1"));
  return row && JSON.parse(row.text);
};

test("calls of one turn go in one trip; a row that this process wrote needs no read", async () => {
  const database = new FakeCommits();
  const lane = laneOver(database);
  assert.deepEqual(await Promise.all([1, 2, 3].map((n) => lane.run(add(n, absent)))), [1, 3, 6]);
  assert.equal(database.trips, 1);
  assert.equal(await lane.run(add(1, absent)), 7);
  assert.equal(database.trips, 2);
  assert.deepEqual(await lane.run(look(absent)), [7]);
  assert.equal(database.trips, 3, "what writes nothing is read");
});

test("a call that met another version decides over the row that it met, without one more read", async () => {
  const database = new FakeCommits();
  const lane = laneOver(database);
  await lane.run(add(1, absent));
  write(database, absent, 40);
  assert.equal(await lane.run(add(2, absent)), 42);
  assert.equal(database.trips, 3);
  write(database, absent, 100);
  assert.deepEqual(await lane.run(look(absent)), [100]);
});

test("absence that a commit met is a result too, and is not remembered", async () => {
  const database = new FakeCommits();
  const lane = laneOver(database);
  await lane.run(add(1, absent));
  database.rows.clear();
  assert.equal(await lane.run(add(2, absent)), 2);
  database.rows.clear();
  assert.deepEqual(await lane.run(look(absent)), [undefined]);
  write(database, absent, 5);
  assert.deepEqual(await lane.run(look(absent)), [5]);
  await lane.run(remove(absent));
  write(database, absent, 6);
  assert.deepEqual(await lane.run(look(absent)), [6]);
});

test("a batch that was rolled back for one of its calls: that one reads, the others go again as they are", async () => {
  const database = new FakeCommits();
  const lane = laneOver(database);
  const [c, d] = [numberRef("c", true), numberRef("d", true)];
  await lane.run(add(1, c, d));
  write(database, c, 10);
  const trips = database.trips;
  assert.deepEqual(await Promise.all([lane.run(add(1, c, d)), lane.run(add(1, absent))]), [11, 1]);
  assert.deepEqual([rowIn(database, c), rowIn(database, d), rowIn(database, absent)], [11, 2, 1]);
  assert.equal(database.trips - trips, 3);
});

test("a commit whose answer was lost: done once, whichever way it went", async () => {
  for (const when of ["before", "after"] as const) {
    const database = new FakeCommits();
    const lane = laneOver(database);
    await lane.run(add(1, absent));
    database.failures.push({ when, fault: lost() });
    assert.deepEqual(await Promise.all([lane.run(add(1, absent)), lane.run(add(1, absent))]), [2, 3]);
    assert.equal(rowIn(database, absent), 3, when);
  }
});

test("a lost commit over which others have written since: nobody says that it was not done", async () => {
  const database = new FakeCommits();
  const lane = laneOver(database);
  await lane.run(add(1, absent));
  database.failures.push({ when: "after", fault: lost() });
  database.before = (trip) => {
    if (trip === 3) write(database, absent, 70);
  };
  await assert.rejects(lane.run(add(1, absent)), StoreUnavailable);
  assert.equal(rowIn(database, absent), 70);
});

test("a lost removal is not called undone if the row is gone", async () => {
  const database = new FakeCommits();
  const lane = laneOver(database);
  await lane.run(add(1, absent));
  database.failures.push({ when: "after", fault: lost() });
  await assert.rejects(lane.run(remove(absent)), StoreUnavailable);
  assert.equal(await lane.run(remove(absent)), false);
});

test("a lost commit of a row that the call had not named is found by that row", async () => {
  const database = new FakeCommits();
  const lane = laneOver(database);
  await lane.run(add(1, absent));
  write(database, a, 5);
  await lane.run(look(a));
  database.failures.push(undefined, { when: "after", fault: lost() });
  assert.equal(await lane.run(follow(a, absent)), 6);
  assert.equal(rowIn(database, absent), 6);
});

test("a call whose commit was lost is judged by its rows before anything is decided on top of them", async () => {
  const database = new FakeCommits();
  const lane = laneOver(database, { size: 2 });
  await lane.run(add(1, absent));
  const failing = lane.run(add(1, absent));
  database.failures.push({ when: "after", fault: lost() });
  const others = [lane.run(add(10, absent)), lane.run(add(100, absent)), lane.run(look(absent))];
  assert.equal(await failing, 2);
  assert.deepEqual(await Promise.all(others), [12, 112, [112]]);
});

test("a commit that was rolled back for certain is decided again", async () => {
  const database = new FakeCommits();
  const lane = laneOver(database);
  await lane.run(add(1, absent));
  for (const code of ["40P01", "40001", "57014", "53100"])
    database.failures.push({ when: "before", fault: databaseFault(code) });
  database.before = (trip) => {
    if (trip === 4) write(database, absent, 50);
  };
  assert.equal(await lane.run(add(1, absent)), 51);
});

test("a verdict without a write is not given by a call that may still be committed", async () => {
  const database = new FakeCommits();
  let isOver = false;
  const lane = laneOver(database);
  await lane.run(add(1, absent));
  database.failures.push({ when: "before", fault: lost() });
  database.before = (trip) => {
    if (trip === 3) isOver = true;
  };
  const calling = lane.run({
    rows: [absent],
    decide: (view) =>
      isOver ? { outcome: "late" } : { outcome: "early", writes: [{ ref: absent, row: (view.row(absent) ?? 0) + 1 }] },
  });
  await assert.rejects(calling, StoreUnavailable);
});

test("a clock that is off is learned, and the call goes again, even if there is no database for a while", async () => {
  const database = new FakeCommits();
  let asked = 0;
  const lane = laneOver(database, {
    learnTime: async () => {
      asked += 1;
      if (asked === 1) throw new StoreUnavailable("gone");
    },
  });
  database.failures.push(
    { when: "before", fault: databaseFault("AN002") },
    { when: "before", fault: databaseFault("AN002") },
  );
  assert.equal(await lane.run(add(1, absent)), 1);
  assert.equal(asked, 2);
});

test("a call that can't be decided, written or carried out fails alone", async () => {
  const database = new FakeCommits();
  const lane = laneOver(database);
  const unwritable = {
    ...numberRef("unwritable", true),
    kind: { ...absent.kind, encode: () => assert.fail("can't be written") },
  };
  const undecidable = { rows: [], decide: () => assert.fail("can't be decided") };
  const results = await Promise.allSettled([
    lane.run(add(1, absent)),
    lane.run(add(1, unwritable)),
    lane.run(undecidable),
    lane.run(add(1, numberRef("other", true))),
  ]);
  assert.deepEqual(
    results.map((result) => (result.status === "fulfilled" ? result.value : String(result.reason.message))),
    [1, "can't be written", "can't be decided", 1],
  );
  database.failures.push(
    { when: "before", fault: databaseFault("22P02") },
    { when: "before", fault: databaseFault("22P02") },
  );
  const [refused, done] = await Promise.allSettled([
    lane.run(add(1, absent)),
    lane.run(add(1, numberRef("other", true))),
  ]);
  assert.deepEqual([refused?.status, done?.status], ["rejected", "fulfilled"]);
  assert.equal(await lane.run(add(1, absent)), 2);
});

test("a row that can't be decoded: its own callers fail, and what was committed beside them is not done again", async () => {
  const database = new FakeCommits();
  const lane = laneOver(database);
  await lane.run(add(1, absent));
  write(database, a, "{");
  const [torn, done] = await Promise.allSettled([lane.run(look(a)), lane.run(add(1, absent))]);
  assert.equal(torn?.status, "rejected");
  assert.deepEqual([done?.status, rowIn(database, absent)], ["fulfilled", 2]);
  write(database, absent, "{");
  await assert.rejects(lane.run(add(1, absent)), UnreadableRow);
  assert.equal(await lane.run(add(1, numberRef("other", true))), 1);
});

test("patience: an outage ends in StoreUnavailable, and what comes later is served", async () => {
  const database = new FakeCommits();
  const lane = laneOver(database, { patienceMs: 1 });
  database.failures.push({ when: "before", fault: lost() });
  await assert.rejects(lane.run(add(1, absent)), StoreUnavailable);
  const patient = laneOver(database);
  assert.equal(await patient.run(add(1, absent)), 1);
  await Promise.all([lane.drain(), patient.drain()]);
});

test("a call that always comes too late goes apart, one at a time, and there its lost commits are known", async () => {
  const database = new FakeCommits();
  let racing = true;
  let apart = 0;
  const served: unknown[] = [];
  const lane = laneOver(database, {
    async runLocked(job) {
      apart += 1;
      assert.equal(apart, 1, "one at a time");
      await new Promise((resolve) => setImmediate(resolve));
      apart -= 1;
      served.push(job);
      racing = served.length < 3;
      return served.length === 2 ? { kind: "again", held: false } : { kind: "answered", outcome: -1 };
    },
  });
  await lane.run(add(0, absent));
  database.before = () => {
    if (racing) write(database, absent, database.trips);
  };
  const results = await Promise.all([lane.run(add(1, absent)), lane.run(add(1, absent))]);
  await lane.drain();
  assert.equal(results[0], -1);
  assert.equal(served.length, 3, "one went back to the lane, and apart once more");
});

test("a row that is held: the calls that need it go apart, two rows at a time, and the others go on", async () => {
  const database = new FakeCommits();
  const [held, third] = [numberRef("held"), numberRef("third")];
  const gate = Promise.withResolvers<void>();
  const apart: string[] = [];
  const lane = laneOver(database, {
    heldAmong: async (refs) =>
      new Set(refs.map(({ name }) => name).filter((name) => [held, third].some((ref) => ref.name === name))),
    async runLocked({ refs: [ref] }) {
      apart.push(ref?.name ?? "");
      await gate.promise;
      return { kind: "answered", outcome: -1 };
    },
  });
  for (const ref of [a, held, third]) await lane.run(add(1, ref));
  database.failures.push({ when: "before", fault: databaseFault("55P03") });
  const waiting = [held, held, third].map((ref) => lane.run(add(1, ref)));
  assert.equal(await lane.run(add(1, a)), 2);
  assert.deepEqual(apart, [held.name, third.name], "the second call for a row waits for the first");
  gate.resolve();
  assert.deepEqual(await Promise.all(waiting), [-1, -1, -1]);
  await lane.drain();
});

test("a row read for one call and written by another: the verdict joins the commit that it rests on", async () => {
  const database = new FakeCommits();
  const lane = laneOver(database);
  await lane.run(add(1, absent));
  write(database, a, 3);
  assert.deepEqual(await Promise.all([lane.run(copy(a, absent)), lane.run(add(1, a)), lane.run(look(a, absent))]), [
    4,
    4,
    [4, 4],
  ]);
  assert.deepEqual([rowIn(database, a), rowIn(database, absent)], [4, 4]);
});
