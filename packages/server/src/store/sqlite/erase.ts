/** Forgets one number. Everything that names one of its verifications goes with it. */
import type { DatabaseSync } from "node:sqlite";
import type { ErasedRows } from "../ports/upkeep.ts";
import type { Batcher } from "./batch.ts";

const rowsPerStep = 200;

export async function eraseRecipient(db: DatabaseSync, batch: Batcher, recipient: string, hash: Buffer): Promise<ErasedRows> {
  // What is deleted from here on is overwritten in the file.
  db.exec("PRAGMA secure_delete = ON");
  try {
    const number = Number(recipient.slice(1));
    const ids = await batch.run(() => {
      const rows = db.prepare("SELECT verification_id, before_lease FROM recipient WHERE number = ?").all(number);
      return rows.flatMap(({ verification_id: id, before_lease: before }) => [
        ...(typeof id === "string" ? [id] : []),
        ...[...String(before ?? "").matchAll(/"verificationId":"([0-9a-f-]+)"/g)].map(([, earlier = ""]) => earlier),
      ]);
    });
    // The history has no index by number, since every send would have to write it: it is read through without the writer's lock.
    const old = db.prepare("SELECT verification_id AS id FROM verification_history WHERE recipient = ?").all(recipient);
    const reduced = db.prepare("SELECT verification_id AS id FROM verification_history_reduced WHERE recipient_hash = ?").all(hash);
    const inHistory = [...old, ...reduced].map(({ id }) => String(id));
    const sum = { recipients: 0, history: 0, idempotencyKeys: 0 };
    const all = [...new Set([...ids, ...inHistory])];
    for (let at = 0; at < all.length || at === 0; at += rowsPerStep) {
      const step = JSON.stringify(all.slice(at, at + rowsPerStep));
      const erased = await batch.run(() => {
        const run = (sql: string, ...values: (string | number)[]) => Number(db.prepare(sql).run(...values).changes);
        const named = "IN (SELECT value FROM json_each(?))";
        return {
          idempotencyKeys:
            run(`DELETE FROM idempotency_key WHERE json_extract(reply, '$.verificationId') ${named}`, step) +
            (at > 0
              ? 0
              : run("DELETE FROM idempotency_key WHERE lease_token IN (SELECT lease_token FROM recipient WHERE number = ?)", number)),
          history:
            run(`DELETE FROM verification_history WHERE verification_id ${named}`, step) +
            run(`DELETE FROM verification_history_reduced WHERE verification_id ${named}`, step),
          recipients: at > 0 ? 0 : run("DELETE FROM recipient WHERE number = ?", number),
          messages: run(`DELETE FROM gateway_message WHERE verification_id ${named}`, step),
        };
      });
      sum.recipients += erased.recipients;
      sum.history += erased.history;
      sum.idempotencyKeys += erased.idempotencyKeys;
    }
    return sum;
  } finally {
    db.exec("PRAGMA secure_delete = OFF; PRAGMA wal_checkpoint(TRUNCATE)");
  }
}
