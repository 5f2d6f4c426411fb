/** The sweep beside a server: it ends with it, and says how far it is behind. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { startService } from "@antryk/testkit/service";
import { until } from "@antryk/testkit/until";
import { createLog } from "../observe/log.ts";
import { Sweeper, stepRows } from "./sweeper.ts";

const days = 24 * 3_600_000;

test("a step that is under way when the sweep is stopped is waited for, and nothing is said of it", async () => {
  await using service = await startService();
  const lines: string[] = [];
  const { promise: begun, resolve: begins } = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const store = {
    sweepStepMs: 50,
    now: () => service.store.now(),
    async sweep(limit: number) {
      begins();
      await gate.promise;
      return service.store.sweep(limit);
    },
  };
  const sweeper = new Sweeper({ store, log: createLog("debug", { write: (line) => lines.push(line) }), restMs: 1 });
  sweeper.start();
  await begun;
  const stopped = sweeper.stop();
  gate.resolve();
  await stopped;
  await service.store.close();
  assert.deepEqual(lines, []);
});

test("it says how far it is behind, and comes to an end", async () => {
  await using service = await startService();
  for (let n = 0; n < 20; n += 1) await service.post("send-otp", { to: `+9198765${43_200 + n}` });
  service.clock.advance(3 * days);
  const behind: number[] = [];
  const store = {
    sweepStepMs: 50,
    now: () => service.store.now(),
    async sweep() {
      const result = await service.store.sweep(7);
      behind.push(result.behindMs);
      return result;
    },
  };
  const sweeper = new Sweeper({ store, log: createLog("silent"), restMs: 1 });
  sweeper.start();
  await until(() => behind.length > 3 && behind.at(-1) === 0, { what: "nothing is due any more" });
  await sweeper.stop();
  assert.ok((behind[0] ?? 0) > days, `${behind[0]} ms`);
  assert.equal(sweeper.behindMs, 0);
  assert.equal((await service.store.sizes()).history, 20);
});

test("a clock that has jumped ahead removes nothing, and after an hour what is over goes", async () => {
  await using service = await startService();
  await service.post("send-otp", { to: "+919876543210" });
  const lines: string[] = [];
  let swept = 0;
  let monotonic = 0;
  const store = {
    sweepStepMs: 50,
    now: () => service.store.now(),
    async sweep(limit: number) {
      swept += 1;
      return service.store.sweep(limit);
    },
  };
  const sweeper = new Sweeper({
    store,
    log: createLog("debug", { write: (line) => lines.push(line) }),
    newest: () => service.store.now() - 1_000,
    restMs: 1,
    monotonic: () => monotonic,
  });
  sweeper.start();
  await until(() => swept > 0, { what: "it sweeps" });
  service.clock.advance(40 * days);
  await until(() => lines.some((line) => line.includes('"event":"sweep_waits"')), { what: "it says that it waits" });
  assert.equal((await service.store.sizes()).recipients, 1);
  monotonic += 3_600_000;
  await until(async () => (await service.store.sizes()).recipients === 0, { what: "what is over goes" });
  await sweeper.stop();
});

test("steps grow while they are short, and shrink when they are long", async () => {
  const tookMs = [5, 5, 5, 30, 200, 200, 200, 200, 200, 200, 5];
  const rows: number[] = [];
  let monotonic = 0;
  const store = {
    sweepStepMs: 50,
    now: () => 0,
    async sweep(limit: number) {
      rows.push(limit);
      const took = tookMs.shift();
      monotonic += took ?? 0;
      const more = took !== undefined && tookMs.length > 0;
      return { behindMs: 3_600_000, unreadable: 0, isPassOver: !more, ended: limit, removed: 0, more };
    },
  };
  const sweeper = new Sweeper({ store, log: createLog("silent"), restMs: 1, monotonic: () => monotonic });
  sweeper.start();
  await until(() => rows.length > 11, { what: "all steps are done" });
  await sweeper.stop();
  const { first, least, most } = stepRows;
  assert.deepEqual(rows.slice(0, 5), [first, 2 * first, most, most, most]);
  assert.deepEqual(rows.slice(9, 12), [least, least, least], "the last was not full");
});
