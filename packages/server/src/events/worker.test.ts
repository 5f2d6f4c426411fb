import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "@antryk/testkit/until";
import { StoreUnavailable } from "../model/errors.ts";
import { createLog } from "../observe/log.ts";
import { ManualClock } from "../store/clock.ts";
import type { ClaimedEntry, NewEntry } from "../store/ports/queue.ts";
import { openSqliteStore } from "../store/sqlite/open.ts";
import { backOffMs, type Fate, Worker, type WorkerOptions } from "./worker.ts";

const topic = "test";

function begin(options: Partial<WorkerOptions> = {}) {
  const clock = new ManualClock();
  const store = openSqliteStore({ path: ":memory:", clock });
  const lines: string[] = [];
  const log = createLog("debug", { write: (line) => lines.push(line) });
  const workers: Worker[] = [];
  return {
    clock,
    store,
    lines,
    worker: (more: Partial<WorkerOptions> = {}) => {
      const worker = new Worker({ store, log, idleMs: 5, ...options, ...more });
      workers.push(worker);
      return worker;
    },
    entries: (...subjects: string[]): NewEntry[] =>
      subjects.map((subject) => ({ topic, subject, due: clock.now(), body: "{}" })),
    isEmpty: async () => (await store.queue.waiting(topic, 1)) === 0,
    async [Symbol.asyncDispose]() {
      await Promise.all(workers.map((worker) => worker.close()));
      await store.close();
    },
  };
}

/** Holds what it is given until the test lets it go. */
class Gate {
  readonly held: { readonly subject: string; readonly open: (fate: Fate) => void }[] = [];
  readonly handle = ({ subject }: ClaimedEntry): Promise<Fate> =>
    new Promise((open) => {
      this.held.push({ subject, open });
    });
}

/** Longer than any test: only what wakes the worker makes it look. */
const neverMs = 1_000_000;

test("what its own process puts on the queue is done at once, what others put there after a rest at most", async () => {
  await using rig = begin();
  const done: string[] = [];
  const handler = async ({ subject }: ClaimedEntry): Promise<Fate> => {
    done.push(subject);
    return "done";
  };
  const own = rig.worker({ idleMs: neverMs });
  own.handle(topic, handler);
  own.start();
  await own.enqueue(rig.entries("a", "b"));
  await until(rig.isEmpty, { what: "its own are done" });
  await own.close();
  await rig.store.queue.enqueue([
    ...rig.entries("c"),
    { topic: "another's", subject: "c", due: rig.clock.now(), body: "" },
  ]);
  const other = rig.worker();
  other.handle(topic, handler);
  other.start();
  await rig.store.queue.enqueue(rig.entries("d"));
  await until(rig.isEmpty, { what: "the others are done" });
  assert.deepEqual(done.sort(), ["a", "b", "c", "d"]);
  assert.equal(await rig.store.queue.waiting("another's", 10), 1, "a topic that it does not handle is left alone");
});

test("it has so many in hand and no more; each that ends makes room for the next", async () => {
  await using rig = begin({ concurrency: 3, idleMs: neverMs });
  const gate = new Gate();
  const worker = rig.worker();
  worker.handle(topic, gate.handle);
  worker.start();
  await worker.enqueue(rig.entries(...Array.from({ length: 10 }, (_, n) => `s${n}`)));
  for (let ended = 0; ended < 10; ended += 1) {
    const held = Math.min(10, ended + 3);
    await until(() => gate.held.length >= held, { what: `${held} are begun` });
    assert.equal(gate.held.length, held);
    gate.held[ended]?.open("done");
  }
  await until(rig.isEmpty, { what: "all are done" });
});

test("entries of one subject are done one after the other, by two workers as well", async () => {
  await using rig = begin();
  const gate = new Gate();
  const workers = [rig.worker(), rig.worker()];
  for (const worker of workers) {
    worker.handle(topic, gate.handle);
    worker.start();
  }
  await workers[0]?.enqueue(rig.entries("a", "a", "a", "b"));
  const all: string[] = [];
  while (all.length < 4) {
    await until(() => gate.held.length > 0, { what: "an entry is begun" });
    const held = gate.held.splice(0);
    const begun = held.map(({ subject }) => subject);
    assert.equal(new Set(begun).size, begun.length, "a subject is in two hands");
    all.push(...begun);
    for (const { open } of held) open("done");
  }
  await until(rig.isEmpty, { what: "all are done" });
  assert.deepEqual(all.sort(), ["a", "a", "a", "b"]);
});

test("an entry is retried when it says; one that rejects, after a rest that grows", async () => {
  await using rig = begin();
  const seen: number[] = [];
  const worker = rig.worker();
  const { clock } = rig;
  worker.handle(topic, async (entry) => {
    seen.push(entry.tries);
    if (entry.tries === 1) return { againAt: clock.now() + 300 };
    if (entry.tries <= 3) throw new Error("not yet");
    return "done";
  });
  worker.start();
  await worker.enqueue(rig.entries("a"));
  const dueAfter = async (restMs: number, calls: number) => {
    await until(() => seen.length === calls, { what: `call ${calls}` });
    clock.advance(restMs);
  };
  await dueAfter(300, 1);
  await dueAfter(backOffMs(2), 2);
  await dueAfter(backOffMs(3), 3);
  await until(rig.isEmpty, { what: "it is done" });
  assert.deepEqual(seen, [1, 2, 3, 4]);
  assert.equal(rig.lines.filter((line) => line.includes("entry_failed")).length, 2);
  assert.deepEqual([1, 2, 3, 10, 1_000].map(backOffMs), [1_000, 2_000, 4_000, 300_000, 300_000]);
});

test("a close waits for what is in hand and claims nothing more; what is left is another's", async () => {
  await using rig = begin({ concurrency: 1, idleMs: neverMs });
  const gate = new Gate();
  const worker = rig.worker();
  worker.handle(topic, gate.handle);
  worker.start();
  await worker.enqueue(rig.entries("a", "b"));
  await until(() => gate.held.length === 1, { what: "the first is begun" });
  const closing = worker.close();
  gate.held[0]?.open("done");
  await closing;
  assert.equal(gate.held.length, 1);
  assert.equal(await rig.store.queue.waiting(topic, 10), 1);
  worker.wake();
  const other = rig.worker();
  other.handle(topic, async () => "done");
  other.start();
  await until(rig.isEmpty, { what: "the second is done" });
});

test("a queue that can't be reached for a while stops nothing", async () => {
  await using rig = begin();
  const { queue } = rig.store;
  let isAway = true;
  const failing = async () => Promise.reject(new StoreUnavailable("away"));
  const store = {
    now: () => rig.clock.now(),
    get queue() {
      return isAway ? { ...queue, claimDue: failing } : queue;
    },
  };
  const worker = rig.worker({ store });
  worker.handle(topic, async () => "done");
  worker.start();
  await worker.enqueue(rig.entries("a"));
  await until(() => rig.lines.some((line) => line.includes("queue_not_reached")), { what: "it is logged" });
  isAway = false;
  await until(rig.isEmpty, { what: "it is done" });
});
