/** A copy of a running store in one file, whole and consistent as of one moment. */
import { closeSync, fsyncSync, openSync, rmSync, statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";

/** Writes the file `to` (0600), which must not exist; returns its size. Writers go on meanwhile. */
export function backupSqlite(path: string, to: string): number {
  // VACUUM INTO writes into an empty file: so the copy is private from its first byte.
  closeSync(openSync(to, "wx", 0o600));
  try {
    const db = new DatabaseSync(path, { readOnly: true, timeout: 5_000 });
    try {
      db.prepare("VACUUM INTO ?").run(to);
    } finally {
      db.close();
    }
    const copy = new DatabaseSync(to, { readOnly: true });
    try {
      const answer = Object.values(copy.prepare("PRAGMA quick_check").get() ?? {})[0];
      if (answer !== "ok") throw new Error(`the copy is damaged: ${answer}`);
    } finally {
      copy.close();
    }
    const fd = openSync(to, "r+");
    fsyncSync(fd);
    closeSync(fd);
    return statSync(to).size;
  } catch (fault) {
    rmSync(to, { force: true });
    throw fault;
  }
}
