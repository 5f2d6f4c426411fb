/** What a batch decides over beliefs and over what was read; no database. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { add, charge, copy, follow, giveBack, limitOf, look, numberRef, remove } from "@antryk/testkit/store/calls";
import type { Call, CounterRef, RowRef } from "../engine.ts";
import { emptyCounter } from "../rules/counters.ts";
import { Batch, type Beliefs, counterName, rootOf } from "./batch.ts";
import type { KnownCounter } from "./counters.ts";
import { Job, type KnownRow } from "./job.ts";

const now = Date.UTC(2026, 0, 1);

/** Beliefs that a test sets. */
class Known implements Beliefs {
  readonly believed = new Map<string, KnownRow>();
  readonly counted = new Map<string, KnownCounter>();
  readonly firstSlot = 0;
  readonly timeline = { number: null, codesFrom: 0 };
  #version = 1_000;

  readonly rows = ({ name }: RowRef) => this.believed.get(name);
  readonly counters = (name: string) => this.counted.get(name);
  readonly nextVersion = () => {
    this.#version += 1;
    return this.#version;
  };

  /** This process has written the row. */
  wrote(ref: RowRef, row: number, version = 7): this {
    this.believed.set(ref.name, { version, row, readIn: 0 });
    return this;
  }

  counter(ref: CounterRef, n: number, readIn: number): this {
    this.counted.set(counterName(ref), { slots: [{ version: 5, counter: { ...emptyCounter, at: now, n } }], readIn });
    return this;
  }
}

function jobOf(call: Call<unknown>, bornIn = 0): Job {
  return new Job(
    call,
    bornIn,
    Number.POSITIVE_INFINITY,
    () => undefined,
    () => assert.fail(),
  );
}

/** A job for which these rows were read in a trip. */
function reader(call: Call<unknown>, readIn: number, ...rows: readonly (readonly [RowRef, number | undefined])[]): Job {
  const job = jobOf(call);
  job.mustRead = true;
  job.read = new Map(rows.map(([{ name }, row]) => [name, { version: row === undefined ? 0 : 3, row, readIn }]));
  return job;
}

function batchOf(known: Known, ...jobs: Job[]): Batch {
  const batch = new Batch(now, known);
  for (const job of jobs) batch.add(job);
  return batch;
}

const outcomes = (batch: Batch) => batch.units.map((unit) => unit.outcomes);
const a = numberRef("a");
const b = numberRef("b");
const absent = numberRef("absent", true);

test("calls that share a row decide one after the other, and are one unit", () => {
  const batch = batchOf(new Known().wrote(a, 1), jobOf(add(1, a)), jobOf(add(10, a)), jobOf(look(a)));
  assert.deepEqual(outcomes(batch), [[2, 12, [12]]]);
  assert.deepEqual(
    batch.units[0]?.cells.map(({ version, row, written }) => [version, row, written > 0]),
    [[7, 12, true]],
  );
  assert.deepEqual(batch.reading, []);
});

test("calls of different rows stand alone, until one touches both", () => {
  const known = new Known().wrote(a, 1).wrote(b, 2);
  assert.deepEqual(outcomes(batchOf(known, jobOf(add(1, a)), jobOf(add(1, b)))), [[2], [3]]);
  const batch = batchOf(known, jobOf(add(1, a)), jobOf(add(1, b)), jobOf(add(1, a, b)));
  const [unit] = batch.units;
  assert.equal(batch.units.length, 1);
  assert.deepEqual(unit?.outcomes.length, 3);
  assert.deepEqual(new Set(unit?.outcomes), new Set([2, 3, 3]));
  assert.deepEqual(new Set(unit?.cells.map(({ ref, row }) => `${ref.text} ${row}`)), new Set(["a 3", "b 4"]));
  assert.ok(unit?.cells.every((cell) => cell.unit && rootOf(cell.unit) === unit));
});

test("a call that only looks at rows of two units ties them together", () => {
  const known = new Known().wrote(a, 1).wrote(b, 2);
  const batch = batchOf(known, jobOf(add(1, a)), jobOf(add(1, b)), jobOf(look(a, b)));
  assert.equal(batch.units.length, 1);
  assert.ok(batch.units[0]?.outcomes.some((outcome) => Array.isArray(outcome) && outcome.join() === "2,3"));
});

test("what writes may go by a belief; what writes nothing never does", () => {
  const known = new Known().wrote(a, 1);
  const refused = jobOf(look(a));
  const batch = batchOf(known, refused);
  assert.deepEqual([batch.units.length, batch.answered.length], [0, 0]);
  assert.deepEqual(batch.reading, [refused]);
  assert.deepEqual(batchOf(known, jobOf(add(1, a))).reading, []);
});

test("a verdict that writes nothing is given over what was read after the call was made, and nothing older", () => {
  const early = reader(look(a), 4, [a, 1]);
  assert.deepEqual(
    batchOf(new Known(), early).answered.map(({ outcome }) => outcome),
    [[1]],
  );
  const late = new Job(
    look(a),
    4,
    Number.POSITIVE_INFINITY,
    () => undefined,
    () => assert.fail(),
  );
  late.read = new Map([[a.name, { version: 3, row: 1, readIn: 4 }]]);
  assert.deepEqual(batchOf(new Known(), late).reading, [late]);
});

test("absence that was read is a verdict's ground as well", () => {
  const batch = batchOf(new Known(), reader(look(a), 1, [a, undefined]));
  assert.deepEqual(
    batch.answered.map(({ outcome }) => outcome),
    [[undefined]],
  );
});

test("a row that is likely absent is written without a read; another that nothing is known of is read", () => {
  const unknown = jobOf(add(1, a));
  const batch = batchOf(new Known(), jobOf(add(1, absent)), unknown, jobOf(look(numberRef("other", true))));
  assert.deepEqual(outcomes(batch), [[1]]);
  assert.equal(batch.units[0]?.cells[0]?.version, 0);
  assert.equal(batch.reading.length, 2);
  assert.equal(batch.reading[0], unknown);
});

test("a row that is read and not written is fresh, or the call waits for it", () => {
  const known = new Known().wrote(a, 1).wrote(b, 2);
  const waits = jobOf(copy(a, b));
  assert.deepEqual(batchOf(known, waits).reading, [waits]);
  assert.deepEqual(outcomes(batchOf(known, reader(copy(a, b), 1, [a, 5], [b, 2]))), [[7]]);
  // What this batch has written stands or falls with it.
  assert.deepEqual(outcomes(batchOf(known, jobOf(add(1, a)), jobOf(copy(a, b)))), [[2, 4]]);
});

test("rows that a call asks for later: known ones at once, others with all that it has looked at", () => {
  const known = new Known().wrote(b, 2);
  const job = reader(follow(a, b), 1, [a, 5]);
  job.mustRead = false;
  assert.deepEqual(outcomes(batchOf(known, job)), [[7]]);
  assert.deepEqual(
    job.refs.map(({ text }) => text),
    ["a", "b"],
    "what it has written can be looked for",
  );
  const waits = reader(follow(a, b), 1, [a, 5]);
  assert.deepEqual(batchOf(new Known(), waits).reading, [waits]);
  assert.deepEqual(
    waits.refs.map(({ text }) => text),
    ["a", "b"],
  );
});

test("a call whose beliefs were wrong goes by what it read, and by what the batch has written", () => {
  const known = new Known().wrote(a, 1);
  const again = jobOf(add(1, a));
  again.mustRead = true;
  assert.deepEqual(batchOf(known, again).reading, [again]);
  assert.deepEqual(outcomes(batchOf(known, reader(add(1, a), 2, [a, 5]))), [[6]]);
  const behind = jobOf(add(1, a));
  behind.mustRead = true;
  assert.deepEqual(outcomes(batchOf(known, jobOf(add(1, a)), behind)), [[2, 3]]);
});

test("a row that is made and removed in one batch is one cell that is gone", () => {
  const batch = batchOf(
    new Known(),
    jobOf(add(1, absent)),
    jobOf(remove(absent)),
    jobOf(add(5, absent)),
    jobOf(remove(absent)),
  );
  const [unit] = batch.units;
  assert.deepEqual(unit?.outcomes, [1, true, 5, true]);
  assert.deepEqual(
    unit?.cells.map(({ version, row }) => [version, row]),
    [[0, undefined]],
  );
});

test("a call that can't be decided leaves the batch as it was", () => {
  const batch = new Batch(now, new Known().wrote(a, 1));
  const faulty: Call<void> = {
    rows: [a],
    decide() {
      throw new Error("no");
    },
  };
  assert.throws(() => batch.add(jobOf(faulty)), /no/);
  batch.add(jobOf(add(1, a)));
  assert.deepEqual(outcomes(batch), [[2]]);
  const mute: Call<void> = { rows: [a], decide: () => ({ outcome: undefined, names: [{} as never] }) };
  assert.throws(() => batch.add(jobOf(mute)), /wrote no row/);
  const unread = reader(look(b), 1);
  unread.read = new Map([[b.name, { version: 3, row: undefined, readIn: 1, fault: new Error("torn") }]]);
  assert.throws(() => batch.add(unread), /torn/);
});

const limit = limitOf(3, 60_000);
const fresh = (n: number) => numberRef(`fresh ${n}`, true);

test("a limit that nothing is known of is read; one that is believed is counted in, in one change for all", () => {
  const unknown = jobOf(charge(limit, now, fresh(1)));
  assert.deepEqual(batchOf(new Known(), unknown).reading, [unknown]);
  const batch = batchOf(
    new Known().counter(limit, 1, 0),
    jobOf(charge(limit, now, fresh(1))),
    jobOf(charge(limit, now, fresh(2))),
  );
  assert.equal(batch.units.length, 2, "a shared limit ties no calls together");
  assert.deepEqual(
    batch.changes.map(({ delta, version, was }) => [delta, version, was.version]),
    [[2, 0, 5]],
  );
  assert.equal(batch.changes[0]?.mostInSpan(now), 3);
});

test("a limit refuses only over what was read, and never over what this batch counts", () => {
  const readerOf = (ref: RowRef<number>) => reader(charge(limit, now, ref), 1, [ref, undefined]);
  const refused = readerOf(fresh(1));
  assert.deepEqual(batchOf(new Known().counter(limit, 3, 0), refused).reading, [refused]);
  assert.deepEqual(
    batchOf(new Known().counter(limit, 3, 1), refused).answered.map(({ outcome }) => outcome),
    [false],
  );
  const known = new Known().counter(limit, 2, 1);
  const third = readerOf(fresh(2));
  assert.deepEqual(batchOf(known, jobOf(charge(limit, now, fresh(1))), third).reading, [third]);
});

test("what a batch gives back makes no room in the same batch, since its call may still fail", () => {
  const known = new Known().counter(limit, 3, 1).wrote(a, 1);
  const waits = reader(charge(limit, now, fresh(1)), 1, [fresh(1), undefined]);
  const batch = batchOf(known, jobOf(giveBack(limit, now, a)), waits);
  assert.deepEqual(batch.reading, [waits]);
  assert.deepEqual(
    batch.changes.map(({ delta }) => delta),
    [-1],
  );
  assert.equal(
    batchOf(
      new Known().counter(limit, 2, 1).wrote(a, 1),
      jobOf(giveBack(limit, now, a)),
      jobOf(charge(limit, now, fresh(1))),
    ).changes[0]?.mostInSpan(now),
    2,
  );
});

test("a span that is new, or a counter that is not there, is put and not added to", () => {
  const known = new Known();
  known.counted.set(counterName(limit), { slots: [], readIn: 0 });
  assert.deepEqual(
    batchOf(known, jobOf(charge(limit, now, fresh(1)))).changes.map(({ version, next }) => [version > 0, next.n]),
    [[true, 1]],
  );
  known.counted.set(counterName(limit), {
    slots: [{ version: 5, counter: { at: now - 1_000, n: 1, older: [] } }],
    readIn: 0,
  });
  const [change] = batchOf(known, jobOf(charge(limit, now, fresh(1)))).changes;
  assert.deepEqual([(change?.version ?? 0) > 0, change?.next], [true, { at: now, n: 1, older: [[now - 1_000, 1]] }]);
});
