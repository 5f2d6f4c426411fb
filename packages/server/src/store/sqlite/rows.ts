/** How a recipient's row stands in SQLite. Statements return arrays: building named objects costs more than the read. */
import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import type { RecipientKey } from "../port.ts";
import type { Before, RecipientRow, Verification } from "../rules/row.ts";
import { emptyRow } from "../rules/row.ts";

const columns = [
  "verification_id",
  "state",
  "key_id",
  "nonce",
  "mac",
  "code_length",
  "max_attempts",
  "attempts",
  "created_at",
  "expires_at",
  "ended_at",
  "send_no",
  "resend_count",
  "resend_at",
  "deliveries",
  "lease_token",
  "lease_until",
  "before_lease",
  "sends",
  "tries",
  "wrong_until",
  "counters_until",
] as const;

type Cells = readonly (string | number | Uint8Array | null)[];

export class RecipientRows {
  readonly #read: StatementSync;
  readonly #write: StatementSync;
  readonly #remove: StatementSync;
  readonly #byVerification: StatementSync;
  readonly #oldest: StatementSync;
  readonly #removeIdle: StatementSync;

  constructor(db: DatabaseSync) {
    const list = columns.join(", ");
    const select = (sql: string) => {
      const statement = db.prepare(sql);
      statement.setReturnArrays(true);
      return statement;
    };
    this.#read = select(`SELECT ${list} FROM recipient WHERE account_id = ? AND service_id = ? AND recipient = ?`);
    this.#byVerification = select(`SELECT ${list}, account_id, service_id, recipient FROM recipient WHERE verification_id = ?`);
    this.#oldest = select(
      `SELECT account_id, service_id, recipient FROM recipient WHERE verification_id > ? AND verification_id < ? ORDER BY verification_id LIMIT ?`,
    );
    this.#write = db.prepare(
      `INSERT INTO recipient (account_id, service_id, recipient, ${list}) VALUES (?, ?, ?${", ?".repeat(columns.length)})
       ON CONFLICT (account_id, service_id, recipient) DO UPDATE SET ${columns.map((name) => `${name} = excluded.${name}`).join(", ")}`,
    );
    this.#removeIdle = db.prepare(
      `DELETE FROM recipient WHERE (account_id, service_id, recipient) IN
       (SELECT account_id, service_id, recipient FROM recipient WHERE verification_id IS NULL AND counters_until <= ? LIMIT ?)`,
    );
    this.#remove = db.prepare("DELETE FROM recipient WHERE account_id = ? AND service_id = ? AND recipient = ?");
  }

  read(key: RecipientKey): RecipientRow | undefined {
    const cells = this.#read.get(key.accountId, key.serviceId, key.recipient) as Cells | undefined;
    return cells && decode(cells);
  }

  readOrEmpty(key: RecipientKey): RecipientRow {
    return this.read(key) ?? emptyRow();
  }

  findByVerification(verificationId: string): { key: RecipientKey; row: RecipientRow } | undefined {
    const cells = this.#byVerification.get(verificationId) as Cells | undefined;
    if (!cells) return undefined;
    const [accountId, serviceId, recipient] = cells.slice(columns.length) as string[];
    return { key: { accountId: accountId ?? "", serviceId: serviceId ?? "", recipient: recipient ?? "" }, row: decode(cells) };
  }

  write(key: RecipientKey, row: RecipientRow): void {
    const v = row.verification;
    const cells: SQLInputValue[] = v
      ? [
          v.verificationId,
          v.state,
          v.keyId,
          v.nonce,
          v.mac,
          v.codeLength,
          v.maxAttempts,
          v.attempts,
          v.createdAt,
          v.expiresAt,
          v.endedAt,
          v.sendNo,
          v.resendCount,
          v.resendAt,
          encodeList(v.deliveries),
        ]
      : noVerification;
    this.#write.run(
      key.accountId,
      key.serviceId,
      key.recipient,
      ...cells,
      row.leaseToken,
      row.leaseUntil,
      row.before && encodeBefore(row.before),
      encodeList(row.sends),
      encodeList(row.tries),
      row.wrongUntil,
      row.countersUntil,
    );
  }

  remove(key: RecipientKey): void {
    this.#remove.run(key.accountId, key.serviceId, key.recipient);
  }

  /** Drops rows without a verification whose counters are over; returns how many. */
  removeIdle(now: number, limit: number): number {
    return Number(this.#removeIdle.run(now, limit).changes);
  }

  /** Recipients whose verification was issued after `after` and before `before` (ids are time-ordered), oldest first. */
  keysBetween(after: string, before: string, limit: number): RecipientKey[] {
    const rows = this.#oldest.all(after, before, limit) as unknown as string[][];
    return rows.map(([accountId = "", serviceId = "", recipient = ""]) => ({ accountId, serviceId, recipient }));
  }
}

const noVerification: SQLInputValue[] = [null, "none", ...new Array<null>(13).fill(null)];

function decode(cells: Cells): RecipientRow {
  const verificationId = cells[0];
  return {
    verification: typeof verificationId === "string" ? decodeVerification(verificationId, cells) : null,
    leaseToken: cells[15] as string | null,
    leaseUntil: cells[16] as number,
    before: cells[17] === null ? null : decodeBefore(cells[17] as string),
    sends: decodeList(cells[18] as string),
    tries: decodeList(cells[19] as string),
    wrongUntil: cells[20] as number,
    countersUntil: cells[21] as number,
  };
}

function decodeVerification(verificationId: string, cells: Cells): Verification {
  return {
    verificationId,
    state: cells[1] as Verification["state"],
    keyId: cells[2] as string,
    nonce: decodeBytes(cells[3] as Uint8Array | null),
    mac: decodeBytes(cells[4] as Uint8Array | null),
    codeLength: cells[5] as number,
    maxAttempts: cells[6] as number,
    attempts: cells[7] as number,
    createdAt: cells[8] as number,
    expiresAt: cells[9] as number,
    endedAt: cells[10] as number | null,
    sendNo: cells[11] as number,
    resendCount: cells[12] as number,
    resendAt: cells[13] as number,
    deliveries: decodeList(cells[14] as string),
  };
}

function decodeBytes(bytes: Uint8Array | null): Buffer | null {
  return bytes && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function encodeList(list: readonly unknown[]): string {
  return list.length === 0 ? "[]" : JSON.stringify(list);
}

function decodeList<T>(json: string): T[] {
  return json === "[]" ? [] : (JSON.parse(json) as T[]);
}

/** Nonce and hash of a replaced verification stand in hexadecimal inside the JSON. */
function encodeBefore(before: Before): string {
  if (before.kind === "resend" || !before.verification) return JSON.stringify(before);
  const { nonce, mac } = before.verification;
  return JSON.stringify({
    ...before,
    verification: { ...before.verification, nonce: nonce?.toString("hex") ?? null, mac: mac?.toString("hex") ?? null },
  });
}

function decodeBefore(json: string): Before {
  const before = JSON.parse(json) as Before;
  if (before.kind === "resend" || !before.verification) return before;
  const { nonce, mac } = before.verification as unknown as { nonce: string | null; mac: string | null };
  const verification = {
    ...before.verification,
    nonce: nonce === null ? null : Buffer.from(nonce, "hex"),
    mac: mac === null ? null : Buffer.from(mac, "hex"),
  };
  return { ...before, verification };
}
