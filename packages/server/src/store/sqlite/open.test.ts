/** What a start finds in the file. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Caller } from "@antryk/testkit/store/harness";
import { ManualClock } from "../clock.ts";
import { openSqliteStore } from "./open.ts";

test("a wall clock that was set back before a start does not make a code live longer", async () => {
  const folder = mkdtempSync(join(tmpdir(), "antryk-store-"));
  const hourMs = 3_600_000;
  for (const last of ["send", "resend", "verify"] as const) {
    const path = join(folder, last);
    const clock = new ManualClock(Date.now() + hourMs);
    const before = new Caller(openSqliteStore({ path, clock }));
    await before.send("123456");
    clock.advance(200_000);
    if (last === "resend") assert.equal((await before.resend()).kind, "reserved");
    if (last === "verify") assert.equal((await before.verify("123456")).kind, "compared");
    await before.store.close();
    const after = openSqliteStore({ path });
    const least = clock.now() - (last === "send" ? 200_000 : 0);
    assert.ok(after.now() >= least, `after a ${last}: ${least - after.now()} ms too early`);
    await after.close();
  }
  rmSync(folder, { recursive: true });
});

test("times of next month, left behind by a clock that was wrong, move no new time and hide no real one", async () => {
  const folder = mkdtempSync(join(tmpdir(), "antryk-store-"));
  const path = join(folder, "antryk.db");
  const dayMs = 24 * 3_600_000;
  const wrong = new Caller(openSqliteStore({ path, clock: new ManualClock(Date.now() + 40 * dayMs) }));
  await wrong.send("1");
  await wrong.store.close();
  const real = new Caller(openSqliteStore({ path, clock: new ManualClock(Date.now() + dayMs / 2) }));
  await real.send("2");
  await real.store.close();
  const store = openSqliteStore({ path });
  assert.ok(
    store.now() < Date.now() + dayMs && store.now() >= Date.now() + dayMs / 2 - 60_000,
    "half a day is believed",
  );
  assert.match((await store.warnings()).join(), /some clock was far ahead once/);
  while ((await store.sweep(100)).more) {}
  assert.equal((await store.sizes()).recipients, 2, "nothing was removed by it");
  await store.close();
  rmSync(folder, { recursive: true });
});
