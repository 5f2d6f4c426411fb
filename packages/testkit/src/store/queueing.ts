/** The queue: claimed by one at a time, in the order of each subject, at least once; and what calls append to it. */
import assert from "node:assert/strict";
import type { Call, QueueEntry } from "../../../server/src/store/engine.ts";
import type { Store } from "../../../server/src/store/port.ts";
import type { ClaimedEntry, NewEntry } from "../../../server/src/store/ports/queue.ts";
import { recipientRef } from "../../../server/src/store/rules/kinds.ts";
import { emptyRow } from "../../../server/src/store/rules/row.ts";
import { type Engine, newKey, storeTest } from "./harness.ts";

const topic = "test";
const leaseMs = 10_000;

function entryOf(store: Pick<Store, "now">, subject: string, more: Partial<NewEntry> = {}): NewEntry {
  return { topic, subject, due: store.now(), body: `{"of":"${subject}"}`, ...more };
}

const claim = ({ queue }: Pick<Store, "queue">, limit = 100) => queue.claimDue([topic], limit, leaseMs);
const subjects = (entries: readonly ClaimedEntry[]) => entries.map(({ subject }) => subject).sort();
const idsOf = (entries: readonly ClaimedEntry[]) => entries.map(({ id }) => id);

/** Writes a row that is not there, and an entry with it. */
function makeOnce(entry: QueueEntry, key = newKey()): Call<"made" | "there"> {
  const ref = recipientRef(key, true);
  return {
    rows: [ref],
    decide: (view) =>
      view.row(ref) ? { outcome: "there" } : { outcome: "made", writes: [{ ref, row: emptyRow() }], queue: [entry] },
  };
}

export function queueingSuite(engine: Engine): void {
  const withStore = storeTest(engine);

  withStore(
    "entries are claimed once they are due, each by one handle, as they were put",
    async ({ store }, { another, advance }) => {
      const other = await another();
      const names = Array.from({ length: 60 }, (_, n) => `s${n + 10}`);
      await store.queue.enqueue(names.map((name) => entryOf(store, name, { due: store.now() + 1 })));
      assert.deepEqual(await claim(store), []);
      assert.equal(await store.queue.waiting(topic, 1_000), 60);
      assert.equal(await store.queue.waiting(topic, 7), 7);
      assert.equal(await store.queue.waiting("other", 7), 0);
      assert.equal(await store.queue.waiting(topic, 100, "s1"), 10);
      assert.equal(await store.queue.waiting(topic, 4, "s1"), 4);
      assert.equal(await store.queue.waiting(topic, 100, "S1"), 0);
      advance(1);
      assert.deepEqual(await other.queue.claimDue(["other"], 10, leaseMs), []);
      const claimed = (await Promise.all(Array.from({ length: 12 }, (_, n) => claim(n % 2 ? store : other, 7)))).flat();
      while (claimed.length < 60) claimed.push(...(await claim(store, 7)));
      assert.deepEqual(subjects(claimed), names);
      assert.equal(new Set(idsOf(claimed)).size, 60);
      for (const { subject, body, tries } of claimed) assert.deepEqual([body, tries], [`{"of":"${subject}"}`, 1]);
      assert.deepEqual(await claim(other), []);
      await other.queue.finish(idsOf(claimed));
      assert.equal(await store.queue.waiting(topic, 1_000), 0);
      await other.close();
    },
  );

  withStore(
    "after its lease an entry may be claimed again; an end by the late claim is harmless",
    async ({ store }, { another, advance }) => {
      const other = await another();
      await store.queue.enqueue([entryOf(store, "a"), entryOf(store, "b")]);
      const late = await claim(store);
      advance(leaseMs - 1);
      assert.deepEqual(await claim(other), []);
      advance(1);
      const again = await claim(other);
      assert.deepEqual([idsOf(again), again.map(({ tries }) => tries)], [idsOf(late), [2, 2]]);
      const [first, second] = late;
      assert.ok(first && second);
      await store.queue.retryAt(first.id, store.now(), first.tries);
      assert.deepEqual(await claim(store), [], "the later claim holds");
      await store.queue.finish([second.id]);
      await other.queue.finish(idsOf(again));
      await other.queue.finish(idsOf(again));
      await store.queue.enqueue([entryOf(store, "c")]);
      await other.queue.finish(idsOf(again));
      assert.deepEqual(subjects(await claim(store)), ["c"], "no id is used twice");
      await other.close();
    },
  );

  withStore("what a process had claimed when it died is claimed again", async ({ store }, { another, advance }) => {
    const dying = await another();
    await dying.queue.enqueue([entryOf(store, "a"), entryOf(store, "a"), entryOf(store, "b")]);
    assert.deepEqual(subjects(await claim(dying)), ["a", "b"]);
    await dying.close();
    assert.deepEqual(await claim(store), []);
    advance(leaseMs);
    assert.deepEqual(subjects(await claim(store)), ["a", "b"]);
  });

  withStore(
    "entries of one subject are done in order, also while the first is retried",
    async ({ store }, { advance }) => {
      const bodies = ["1", "2", "3"];
      await store.queue.enqueue(bodies.map((body) => entryOf(store, "one", { body })));
      await store.queue.enqueue([
        entryOf(store, "one", { topic: "other" }),
        entryOf(store, "two", { due: store.now() + 500 }),
      ]);
      const [first] = await claim(store);
      assert.deepEqual([first?.body, first?.tries], ["1", 1]);
      assert.ok(first);
      const elsewhere = await store.queue.claimDue(["other"], 10, leaseMs);
      assert.equal(elsewhere.length, 1, "another topic's subject does not wait");
      await store.queue.retryAt(first.id, store.now() + 1_000, first.tries);
      advance(500);
      assert.deepEqual(subjects(await claim(store)), ["two"]);
      advance(500);
      for (const [n, body] of bodies.entries()) {
        const claimed = await claim(store);
        assert.deepEqual(
          claimed.map((entry) => [entry.body, entry.tries]),
          [[body, n === 0 ? 2 : 1]],
        );
        assert.deepEqual(await claim(store), []);
        await store.queue.finish(idsOf(claimed));
      }
      assert.deepEqual(await claim(store), []);
    },
  );

  withStore("what a call appends is there if the call is, and only then", async ({ store }, { anotherEngine }) => {
    const engines = [await anotherEngine(), await anotherEngine()] as const;
    const entry = (subject: string): QueueEntry => ({ ...entryOf(store, subject), bucket: 1 });
    const key = newKey();
    // Each believes that there is no row yet: all but one find another version, and decide again.
    const outcomes = await Promise.all(
      Array.from({ length: 32 }, (_, n) => engines[n % 2 ? 1 : 0].run(makeOnce(entry(`call ${n}`), key))),
    );
    assert.equal(outcomes.filter((outcome) => outcome === "made").length, 1);
    const faulty: Call<void> = {
      rows: [],
      decide: () => {
        throw new Error("this call can't be decided");
      },
    };
    const beside = await Promise.allSettled([engines[0].run(makeOnce(entry("beside"))), engines[0].run(faulty)]);
    assert.deepEqual(
      beside.map(({ status }) => status),
      ["fulfilled", "rejected"],
    );
    await engines[0].run({ rows: [], decide: () => ({ outcome: undefined, queue: [entry("alone"), entry("alone")] }) });
    const made = outcomes.indexOf("made");
    assert.deepEqual(subjects(await claim(store)), ["alone", "beside", `call ${made}`]);
    assert.equal(await store.queue.waiting(topic, 100), 4);
    await Promise.all(engines.map((each) => each.close()));
  });
}
