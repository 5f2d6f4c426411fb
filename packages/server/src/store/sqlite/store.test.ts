import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Caller } from "@antryk/testkit/store/harness";
import { storeConformance } from "@antryk/testkit/store/suite";
import { ManualClock } from "../clock.ts";
import { openSqliteStore } from "./open.ts";

storeConformance({
  name: "sqlite",
  async open() {
    const folder = mkdtempSync(join(tmpdir(), "antryk-store-"));
    const clock = new ManualClock();
    const open = () => openSqliteStore({ path: join(folder, "antryk.db"), clock });
    const store = open();
    return {
      store,
      advance: (ms) => clock.advance(ms),
      another: async () => open(),
      close: () => store.close().then(() => rmSync(folder, { recursive: true })),
    };
  },
});

test("sqlite: a wall clock that was set back before a start does not make a code live longer", async () => {
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
