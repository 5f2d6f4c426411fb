import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ManualClock } from "../clock.ts";
import { storeConformance } from "../conformance/suite.ts";
import { openSqliteStore } from "./store.ts";

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
