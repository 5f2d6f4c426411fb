/** What must still be done, in SQLite. A claimed entry is due again when its lease ends. */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { QueueEntry } from "../engine.ts";
import type { ClaimedEntry } from "../ports/queue.ts";

export class QueueTable {
  readonly #add: StatementSync;
  readonly #due: StatementSync;
  readonly #claim: StatementSync;
  readonly #finish: StatementSync;
  readonly #retry: StatementSync;
  readonly #waiting: StatementSync;

  constructor(db: DatabaseSync) {
    this.#add = db.prepare("INSERT INTO queue (topic, subject, bucket, due, tries, body) VALUES (?, ?, ?, ?, 0, ?)");
    this.#due = db.prepare(
      `SELECT id, topic, subject, tries + 1 AS tries, body FROM queue AS q
       WHERE due <= ? AND topic IN (SELECT value FROM json_each(?))
         AND NOT EXISTS (SELECT 1 FROM queue AS e WHERE e.topic = q.topic AND e.subject = q.subject AND e.id < q.id)
       ORDER BY due, id LIMIT ?`,
    );
    this.#claim = db.prepare("UPDATE queue SET due = ?, tries = tries + 1 WHERE id = ?");
    this.#finish = db.prepare("DELETE FROM queue WHERE id IN (SELECT value FROM json_each(?))");
    this.#retry = db.prepare("UPDATE queue SET due = ? WHERE id = ? AND tries = ?");
    this.#waiting = db.prepare(
      `SELECT count(*) AS n FROM (
         SELECT 1 FROM queue WHERE topic = ?1 AND substr(subject, 1, length(?2)) = ?2 LIMIT ?3
       )`,
    );
  }

  add({ topic, subject, bucket, due, body }: QueueEntry): void {
    this.#add.run(topic, subject, bucket, due, body);
  }

  /** Entries that may be claimed. */
  due(topics: readonly string[], limit: number, now: number): ClaimedEntry[] {
    return this.#due.all(now, JSON.stringify(topics), limit).map(({ id, topic, subject, tries, body }) => ({
      id: Number(id),
      topic: String(topic),
      subject: String(subject),
      tries: Number(tries),
      body: String(body),
    }));
  }

  claim(entries: readonly ClaimedEntry[], until: number): void {
    for (const { id } of entries) this.#claim.run(until, id);
  }

  finish(ids: readonly number[]): void {
    this.#finish.run(JSON.stringify(ids));
  }

  retry(id: number, at: number, tries: number): void {
    this.#retry.run(at, id, tries);
  }

  waiting(topic: string, atMost: number, first = ""): number {
    return Number(this.#waiting.get(topic, first, atMost)?.n);
  }
}
