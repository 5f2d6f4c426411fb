/** What the store is and which servers run on it, in SQLite. */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { SeenNode, ServerNode, StoreIdentity } from "../ports/identity.ts";
import { decodeTimeline } from "../rules/failover.ts";
import { movingBy } from "../rules/move-mark.ts";
import { newestOf } from "../schema.ts";
import { sqliteSchema } from "./schema.ts";

export class InstallationRow {
  readonly #identity: StatementSync;
  readonly #timeline: StatementSync;
  readonly #claim: StatementSync;
  readonly #see: StatementSync;
  readonly #raise: StatementSync;
  readonly #forget: StatementSync;
  readonly #forgetBefore: StatementSync;
  readonly #nodes: StatementSync;

  constructor(db: DatabaseSync) {
    this.#identity = db.prepare("SELECT id, canary, move, min_writer, newest FROM installation");
    this.#timeline = db.prepare("SELECT timeline FROM installation");
    this.#claim = db.prepare("UPDATE installation SET canary = coalesce(canary, ?) RETURNING canary");
    this.#see = db.prepare(
      `INSERT INTO node (id, host, pid, version, schema, keys, seen_at) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET keys = excluded.keys, seen_at = excluded.seen_at`,
    );
    this.#raise = db.prepare("UPDATE installation SET newest = max(newest, ?)");
    this.#forget = db.prepare("DELETE FROM node WHERE id = ?");
    this.#forgetBefore = db.prepare("DELETE FROM node WHERE seen_at < ?");
    this.#nodes = db.prepare("SELECT * FROM node WHERE seen_at >= ? ORDER BY seen_at, id");
  }

  identity(): StoreIdentity {
    const row = this.#identity.get();
    return {
      id: String(row?.id),
      canary: row?.canary == null ? null : String(row.canary),
      newest: Number(row?.newest),
      codesFrom: this.codesFrom(),
      ...movingBy(row?.move == null ? null : String(row.move)),
      isBeyond: Number(row?.min_writer) > newestOf(sqliteSchema),
    };
  }

  /** Codes issued before are over, Unix ms; 0: none. */
  codesFrom(): number {
    const timeline = this.#timeline.get()?.timeline;
    return decodeTimeline(typeof timeline === "string" ? timeline : null)?.codesFrom ?? 0;
  }

  claim(canary: string): string {
    return String(this.#claim.get(canary)?.canary);
  }

  see({ id, host, pid, version, schema, keys }: ServerNode, now: number): void {
    this.#see.run(id, host, pid, version, schema, JSON.stringify(keys), now);
    this.#raise.run(now);
  }

  forget(id: string): void {
    this.#forget.run(id);
  }

  nodesSince(since: number): SeenNode[] {
    this.#forgetBefore.run(since);
    return this.#nodes.all(since).map((row) => ({
      id: String(row.id),
      host: String(row.host),
      pid: Number(row.pid),
      version: String(row.version),
      schema: Number(row.schema),
      keys: JSON.parse(String(row.keys)),
      seenAt: Number(row.seen_at),
    }));
  }
}
