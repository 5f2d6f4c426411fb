/** When access keys were last used, in SQLite. */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { KeyUse } from "../../model/account.ts";

export class KeyUses {
  readonly #note: StatementSync;
  readonly #all: StatementSync;

  constructor(db: DatabaseSync) {
    this.#note = db.prepare(
      `INSERT INTO key_use (access_key, used_at) VALUES (?1, ?2)
       ON CONFLICT (access_key) DO UPDATE SET used_at = excluded.used_at WHERE used_at + ?3 <= excluded.used_at`,
    );
    this.#all = db.prepare("SELECT access_key, used_at FROM key_use");
  }

  note(uses: readonly KeyUse[], restMs: number): void {
    for (const { accessKey, usedAt } of uses) this.#note.run(accessKey, usedAt, restMs);
  }

  all(): ReadonlyMap<string, number> {
    return new Map(this.#all.all().map((row) => [String(row.access_key), Number(row.used_at)]));
  }
}
