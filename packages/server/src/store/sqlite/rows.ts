/** How a recipient's row stands in SQLite. Statements return arrays: building named objects costs more than the read. */
import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import type { RecipientKey } from "../../model/recipient.ts";
import type { Before, RecipientRow, Verification } from "../rules/row.ts";
import { emptyRow } from "../rules/row.ts";

/** The columns that a write sets, in the order of `encode`. The id of the verification comes apart: it has an index. */
const columns = [
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

type Cells = readonly (string | number | null)[];

/** A recipient's row and where it stands; `rowId` is undefined where there is none yet. */
export interface Slot {
  readonly rowId: number | undefined;
  readonly row: RecipientRow;
}

export class RecipientRows {
  readonly #read: StatementSync;
  readonly #insert: StatementSync;
  readonly #update: StatementSync;
  readonly #updateWithId: StatementSync;
  readonly #remove: StatementSync;
  readonly #byVerification: StatementSync;
  readonly #between: StatementSync;
  readonly #removeIdle: StatementSync;

  constructor(db: DatabaseSync) {
    const select = (sql: string) => {
      const statement = db.prepare(sql);
      statement.setReturnArrays(true);
      return statement;
    };
    const read = `row_id, verification_id, ${columns.join(", ")}`;
    const sets = columns.map((name) => `${name} = ?`).join(", ");
    this.#read = select(`SELECT ${read} FROM recipient WHERE number = ? AND service_id = ? AND account_id = ?`);
    this.#byVerification = select(`SELECT ${read}, account_id, service_id, number FROM recipient WHERE verification_id = ?`);
    this.#between = select(
      `SELECT ${read}, account_id, service_id, number FROM recipient WHERE verification_id > ? AND verification_id < ? ORDER BY verification_id LIMIT ?`,
    );
    this.#insert = db.prepare(
      `INSERT INTO recipient (${columns.join(", ")}, verification_id, number, service_id, account_id) VALUES (?${", ?".repeat(columns.length + 3)})`,
    );
    this.#update = db.prepare(`UPDATE recipient SET ${sets} WHERE row_id = ?`);
    this.#updateWithId = db.prepare(`UPDATE recipient SET ${sets}, verification_id = ? WHERE row_id = ?`);
    this.#remove = db.prepare("DELETE FROM recipient WHERE row_id = ?");
    this.#removeIdle = db.prepare(
      "DELETE FROM recipient WHERE row_id IN (SELECT row_id FROM recipient WHERE verification_id IS NULL AND counters_until <= ? LIMIT ?)",
    );
  }

  find(key: RecipientKey): Slot {
    const cells = this.#read.get(numberOf(key), key.serviceId, key.accountId) as Cells | undefined;
    return cells ? decodeSlot(cells) : { rowId: undefined, row: emptyRow() };
  }

  findByVerification(verificationId: string): { key: RecipientKey; slot: Slot } | undefined {
    const cells = this.#byVerification.get(verificationId) as Cells | undefined;
    return cells && decodeWithKey(cells);
  }

  /** Recipients whose verification was issued after `after` and before `before` (ids are time-ordered), oldest first. */
  issuedBetween(after: string, before: string, limit: number): { key: RecipientKey; slot: Slot }[] {
    return (this.#between.all(after, before, limit) as unknown as Cells[]).map(decodeWithKey);
  }

  /** Writes `row` where `slot` was found. */
  write(key: RecipientKey, { rowId, row: before }: Slot, row: RecipientRow): void {
    const cells = encode(row);
    const id = row.verification?.verificationId ?? null;
    if (rowId === undefined) this.#insert.run(...cells, id, numberOf(key), key.serviceId, key.accountId);
    else if (id === (before.verification?.verificationId ?? null)) this.#update.run(...cells, rowId);
    else this.#updateWithId.run(...cells, id, rowId);
  }

  remove({ rowId }: Slot): void {
    if (rowId !== undefined) this.#remove.run(rowId);
  }

  /** Drops rows without a verification whose counters are over; returns how many. */
  removeIdle(now: number, limit: number): number {
    return Number(this.#removeIdle.run(now, limit).changes);
  }
}

/** The digits of an E.164 number: at most 15, so they fit an exact integer. */
function numberOf({ recipient }: RecipientKey): number {
  return Number(recipient.slice(1));
}

const noVerification: SQLInputValue[] = ["none", ...new Array<null>(13).fill(null)];

function encode({
  verification: v,
  leaseToken,
  leaseUntil,
  before,
  sends,
  tries,
  wrongUntil,
  countersUntil,
}: RecipientRow): SQLInputValue[] {
  const counters = [
    leaseToken,
    leaseUntil,
    before && JSON.stringify(before),
    encodeList(sends),
    encodeList(tries),
    wrongUntil,
    countersUntil,
  ];
  if (!v) return [...noVerification, ...counters];
  return [
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
    ...counters,
  ];
}

function decodeSlot(cells: Cells): Slot {
  const verificationId = cells[1];
  return {
    rowId: cells[0] as number,
    row: {
      verification: typeof verificationId === "string" ? decodeVerification(verificationId, cells) : null,
      leaseToken: cells[16] as string | null,
      leaseUntil: cells[17] as number,
      before: cells[18] === null ? null : (JSON.parse(cells[18] as string) as Before),
      sends: decodeList(cells[19] as string),
      tries: decodeList(cells[20] as string),
      wrongUntil: cells[21] as number,
      countersUntil: cells[22] as number,
    },
  };
}

function decodeVerification(verificationId: string, cells: Cells): Verification {
  return {
    verificationId,
    state: cells[2] as Verification["state"],
    keyId: cells[3] as string,
    nonce: cells[4] as string | null,
    mac: cells[5] as string | null,
    codeLength: cells[6] as number,
    maxAttempts: cells[7] as number,
    attempts: cells[8] as number,
    createdAt: cells[9] as number,
    expiresAt: cells[10] as number,
    endedAt: cells[11] as number | null,
    sendNo: cells[12] as number,
    resendCount: cells[13] as number,
    resendAt: cells[14] as number,
    deliveries: decodeList(cells[15] as string),
  };
}

function decodeWithKey(cells: Cells): { key: RecipientKey; slot: Slot } {
  const [accountId, serviceId, number] = cells.slice(columns.length + 2);
  return { key: { accountId: String(accountId), serviceId: String(serviceId), recipient: `+${number}` }, slot: decodeSlot(cells) };
}

function encodeList(list: readonly unknown[]): string {
  return list.length === 0 ? "[]" : JSON.stringify(list);
}

function decodeList<T>(json: string): T[] {
  return json === "[]" ? [] : (JSON.parse(json) as T[]);
}
