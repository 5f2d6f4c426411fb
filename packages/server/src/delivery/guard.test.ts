/** What a send passes before a gateway: which message may test an open circuit. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { SendResult } from "../gateways/port.ts";
import { GatewayGuard } from "./guard.ts";

const accepted: SendResult = { outcome: "accepted" };
const down: SendResult = { outcome: "failed", class: "unavailable", ambiguous: false, detail: "HTTP 503" };
const restMs = 30;

test("while one message tests an open circuit no other waits: they may go elsewhere at once", async (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: Date.now() });
  const guard = new GatewayGuard({ maxConcurrent: null, maxPerSecond: null }, Date.now, {
    consecutiveFaults: 2,
    restMs,
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
});
