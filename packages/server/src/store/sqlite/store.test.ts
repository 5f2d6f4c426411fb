import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { storeConformance } from "@antryk/testkit/store/suite";
import { ManualClock } from "../clock.ts";
import { openSqliteEngine, openSqliteStore } from "./open.ts";

storeConformance({
  name: "sqlite",
  async open() {
    const folder = mkdtempSync(join(tmpdir(), "antryk-store-"));
    const path = join(folder, "antryk.db");
    const clock = new ManualClock();
    const open = () => openSqliteStore({ path, clock });
    const store = open();
    return {
      store,
      advance: (ms) => clock.advance(ms),
      another: async () => open(),
      anotherEngine: async () => openSqliteEngine({ path, clock }),
      breakMessageNames: async () => {
        onFile(path, "CREATE TRIGGER broken BEFORE INSERT ON message BEGIN SELECT raise(ABORT, 'broken'); END");
        return async () => onFile(path, "DROP TRIGGER broken");
      },
      rows: async () => {
        const db = new DatabaseSync(path, { readOnly: true });
        const tables = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").all();
        const rows = tables.map(({ name }) => [name, db.prepare(`SELECT * FROM "${name}"`).all()]);
        db.close();
        return JSON.stringify(rows, (_key, value) =>
          value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value,
        );
      },
      close: () => store.close().then(() => rmSync(folder, { recursive: true })),
    };
  },
});

function onFile(path: string, sql: string): void {
  const db = new DatabaseSync(path);
  db.exec(sql);
  db.close();
}
