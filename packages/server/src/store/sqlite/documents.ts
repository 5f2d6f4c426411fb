/** What operators set, in SQLite. */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { DocumentChange, StoredDocument } from "../engine.ts";

export class DocumentTable {
  readonly #get: StatementSync;
  readonly #list: StatementSync;
  readonly #put: StatementSync;
  readonly #remove: StatementSync;
  readonly #generation: StatementSync;
  readonly #next: StatementSync;

  constructor(db: DatabaseSync) {
    this.#get = db.prepare("SELECT * FROM document WHERE kind = ? AND id = ?");
    this.#list = db.prepare("SELECT * FROM document WHERE kind = ? ORDER BY created_at, id");
    this.#put = db.prepare(
      `INSERT INTO document (kind, id, account_id, version, created_at, body) VALUES (?, ?, ?, 1, ?, ?)
       ON CONFLICT (kind, id) DO UPDATE SET version = version + 1, body = excluded.body`,
    );
    this.#remove = db.prepare("DELETE FROM document WHERE kind = ? AND id = ?");
    this.#generation = db.prepare("SELECT generation FROM installation");
    this.#next = db.prepare("UPDATE installation SET generation = generation + 1");
  }

  generation(): number {
    return Number(this.#generation.get()?.generation);
  }

  get(kind: string, id: string): StoredDocument | undefined {
    const row = this.#get.get(kind, id);
    return row && toDocument(row);
  }

  list(kind: string): StoredDocument[] {
    return this.#list.all(kind).map(toDocument);
  }

  /** Runs inside the caller's transaction. */
  commit(generation: number, changes: readonly DocumentChange[]): boolean {
    if (this.generation() !== generation) return false;
    this.#next.run();
    for (const { kind, id, accountId, createdAt, body } of changes) {
      if (body === null) this.#remove.run(kind, id);
      else this.#put.run(kind, id, accountId, createdAt, body);
    }
    return true;
  }
}

function toDocument(row: Record<string, unknown>): StoredDocument {
  return {
    kind: String(row.kind),
    id: String(row.id),
    accountId: row.account_id === null ? null : String(row.account_id),
    version: Number(row.version),
    createdAt: Number(row.created_at),
    body: String(row.body),
  };
}
