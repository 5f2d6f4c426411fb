/** Other rules over what was really sent. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { startService } from "@antryk/testkit/service";
import { ManualClock } from "../store/clock.ts";
import { replay } from "./replay.ts";

const hour = 3_600_000;

test("limits, lists and the guard, as they would have refused; users among them are counted", async () => {
  const clock = new ManualClock();
  await using service = await startService({ clock });
  const parts = { store: service.store, keyring: service.keyring };
  const send = async (to: string, isUser: boolean) => {
    assert.equal((await service.post("send-otp", { to })).status, 200);
    if (isUser)
      assert.equal((await service.post("verify-otp", { to, otp: service.lastCode(to) })).body.data.valid, true);
    clock.advance(10_000);
  };
  for (let n = 0; n < 60; n += 1) await send(`+9198765${43_000 + n * 7}`, n % 3 > 0);
  for (let n = 0; n < 40; n += 1) await send(`+3712012${1_000 + n * 17}`, false);
  clock.advance(60_000);
  const of = async (rules: Record<string, string>, sinceMs = 24 * hour) => {
    const report = await replay(parts, service.serviceId, sinceMs, rules);
    assert.ok(report.kind === "replayed", JSON.stringify(report));
    return report;
  };

  const same = await of({});
  assert.deepEqual([same.sends, same.verified, same.refused, same.isPart], [100, 40, [], false]);
  assert.deepEqual((await of({ countries: "IN" })).refused, [{ rule: "country", sends: 40, verified: 0 }]);
  const [byPrefix] = (await of({ "prefix-limit": "10/1d", "new-prefix-limit": "off" })).refused;
  assert.deepEqual([byPrefix?.rule, byPrefix?.sends], ["limit prefix", 80]);
  assert.ok((byPrefix?.verified ?? 0) >= 30);
  const guarded = (await of({ guard: "enforce" })).refused;
  assert.ok(
    guarded.every(({ rule }) => rule.startsWith("guard ")),
    JSON.stringify(guarded),
  );
  assert.ok(guarded.reduce((sum, { sends }) => sum + sends, 0) > 10, JSON.stringify(guarded));
  assert.equal(
    guarded.reduce((sum, { verified }) => sum + verified, 0),
    0,
  );
  assert.equal((await of({}, 120_000)).sends < 20, true);
});

test("what is no setting, and no service, is said", async () => {
  await using service = await startService();
  const parts = { store: service.store, keyring: service.keyring };
  const unknown = await replay(parts, service.accountId, hour, {});
  assert.equal(unknown.kind, "unknown");
  for (const [rules, said] of [
    [{ colour: "red" }, /no setting colour/],
    [{ "prefix-limit": "many" }, /prefix-limit: /],
  ] as const) {
    const wrong = await replay(parts, service.serviceId, hour, rules);
    assert.ok(wrong.kind === "problem" && said.test(wrong.message), JSON.stringify(wrong));
  }
});
