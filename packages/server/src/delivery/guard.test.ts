/** What a send passes before a gateway: which message may test an open circuit, and which waits for its turn. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualTimer } from "@antryk/testkit/timer";
import type { SendResult } from "../gateways/port.ts";
import { GatewayGuard, type GuardLimits } from "./guard.ts";

const accepted: SendResult = { outcome: "accepted" };
const down: SendResult = { outcome: "failed", class: "unavailable", ambiguous: false, detail: "HTTP 503" };
const restMs = 30;

test("while one message tests an open circuit no other waits: they may go elsewhere at once", async (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: Date.now() });
  const changes: string[] = [];
  const guard = new GatewayGuard({ maxConcurrent: null, maxPerSecond: null }, Date.now, {
    consecutiveFaults: 2,
    restMs,
    onCircuit: (change) => changes.push(change),
  });
  for (let n = 0; n < 2; n += 1) await guard.run(async () => down);
  let asked = 0;
  const ask = async (): Promise<SendResult> => {
    asked += 1;
    return accepted;
  };
  assert.match(JSON.stringify(await guard.run(ask)), /not asked: its circuit is open/);

  for (const [answer, circuit] of [
    [down, "open"],
    [accepted, "closed"],
  ] as const) {
    t.mock.timers.tick(restMs);
    const held = Promise.withResolvers<SendResult>();
    const testing = guard.run(() => held.promise);
    // The one that tests is answered only after this: they can't have waited for it.
    const others = await Promise.all([guard.run(ask), guard.run(ask)]);
    for (const other of others)
      assert.match(JSON.stringify(other), /"ambiguous":false,"detail":"not asked: another message is testing/);
    assert.equal(guard.health().circuit, "half-open");
    held.resolve(answer);
    await testing;
    assert.equal(guard.health().circuit, circuit);
  }
  assert.equal(asked, 0);
  assert.deepEqual([await guard.run(ask), asked], [accepted, 1]);
  assert.deepEqual(changes, ["opened", "opened", "closed"]);
});

const throttled: SendResult = { outcome: "failed", class: "rate_limited", ambiguous: false, detail: "too fast" };

/** Sixty sends at once to a gateway that nothing else can stand in for; the time is the test's. */
async function sixty(limits: GuardLimits, answer: (at: number) => SendResult, budgetMs = 8_000) {
  const timer = new ManualTimer();
  const guard = new GatewayGuard(limits, () => timer.now());
  const order: number[] = [];
  let isOver = false;
  const sends = Promise.all(
    Array.from({ length: 60 }, (_, n) =>
      guard.run(
        async () => {
          const result = answer(timer.now());
          if (result.outcome === "accepted") order.push(n);
          return result;
        },
        { until: budgetMs, timer },
      ),
    ),
  ).finally(() => {
    isOver = true;
  });
  for (let ms = 0; ms <= budgetMs && !isOver; ms += 10) {
    await new Promise((resolve) => setImmediate(resolve));
    timer.advance(10);
  }
  return { results: await sends, order, guard, atMs: timer.now() };
}

const inTurn = Array.from({ length: 60 }, (_, n) => n);

test("a gateway that takes ten a second and says so: all of sixty are taken, in their order, within their time", async () => {
  const taken: number[] = [];
  let refusals = 0;
  const { results, order, guard } = await sixty({ maxConcurrent: null, maxPerSecond: null }, (at) => {
    if (taken.filter((each) => each > at - 1_000).length >= 10) {
      refusals += 1;
      return throttled;
    }
    taken.push(at);
    return accepted;
  });
  assert.ok(results.every(({ outcome }) => outcome === "accepted"));
  assert.deepEqual(
    order.toSorted((a, b) => a - b),
    inTurn,
  );
  assert.ok(refusals < 150, `asked ${refusals} times too often`);
  assert.equal(guard.health().waiting, 0);
  assert.ok(guard.waitedMs > 0);
});

test("caps of its own are a queue as well: first come, first served", async () => {
  const rate = await sixty({ maxConcurrent: null, maxPerSecond: 10 }, () => accepted);
  assert.ok(rate.results.every(({ outcome }) => outcome === "accepted"));
  assert.deepEqual(rate.order, inTurn);
  assert.ok(rate.atMs >= 5_000, `${rate.atMs} ms: no faster than the cap`);
  const narrow = await sixty({ maxConcurrent: 1, maxPerSecond: null }, () => accepted);
  assert.ok(narrow.results.every(({ outcome }) => outcome === "accepted"));
  assert.deepEqual(narrow.order, inTurn);
});

test("what can't be taken within its time was never sent: a refusal; a rest that is longer is one at once", async () => {
  const { results, order } = await sixty({ maxConcurrent: null, maxPerSecond: 10 }, () => accepted, 2_000);
  assert.ok(order.length >= 25 && order.length <= 32, `${order.length} were taken`);
  const refused = results.filter(({ outcome }) => outcome === "failed");
  assert.equal(refused.length, 60 - order.length);
  assert.match(JSON.stringify(refused[0]), /"ambiguous":false,"detail":"not asked: /);
  const resting = await sixty({ maxConcurrent: null, maxPerSecond: null }, () => ({
    ...throttled,
    retryAfterMs: 30_000,
  }));
  assert.ok(resting.results.every(({ outcome }) => outcome === "failed"));
  assert.ok(resting.atMs < 100, `${resting.atMs} ms`);
});
