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
      text: async (key) => {
        const found = using(path, (db) => db.prepare("SELECT state FROM item WHERE key = ?").get(key)?.state);
        return typeof found === "string" ? found : undefined;
      },
      mangle: async (text, key) => {
        using(path, (db) => {
          if (key) db.prepare("UPDATE item SET state = ? WHERE key = ?").run(text, key);
          else db.prepare("UPDATE counter SET older = ?").run(text);
        });
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

function using<T>(path: string, work: (db: DatabaseSync) => T): T {
  const db = new DatabaseSync(path);
  try {
    return work(db);
  } finally {
    db.close();
  }
}

function onFile(path: string, sql: string): void {
  using(path, (db) => db.exec(sql));
}
