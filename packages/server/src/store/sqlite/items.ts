/** Rows under keys. Statements return arrays: building named objects costs more than the read. */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { MetRow, PlacedRow, RowRef } from "../engine.ts";
import { metRow, readRow } from "../rules/kinds.ts";

/** A row as it was found; `rowId` undefined: there is no row. */
export interface FoundItem {
  readonly rowId: number | undefined;
  readonly key: Buffer;
  readonly at: number;
  readonly row: unknown;
}

export class Items {
  readonly #find: StatementSync;
  readonly #insert: StatementSync;
  readonly #update: StatementSync;
  readonly #updateWithPlace: StatementSync;
  readonly #remove: StatementSync;
  readonly #between: StatementSync;
  readonly #at: StatementSync;
  readonly #since: StatementSync;
  readonly #ofBucket: StatementSync;
  readonly #withHash: StatementSync;
  readonly #inRange: StatementSync;
  readonly #before: StatementSync;

  constructor(db: DatabaseSync) {
    const select = (sql: string) => {
      const statement = db.prepare(sql);
      statement.setReturnArrays(true);
      return statement;
    };
    this.#find = select("SELECT row_id, at, state FROM item WHERE hash = ? AND key = ?");
    this.#between = select("SELECT hash, key, state, at FROM item WHERE at >= ? AND at < ? ORDER BY at LIMIT ?");
    this.#at = select("SELECT hash, key, state FROM item WHERE at = ?");
    this.#since = select("SELECT hash, key, state FROM item WHERE at >= ? ORDER BY at");
    this.#ofBucket = select("SELECT hash, key, state FROM item WHERE hash BETWEEN ? AND ?");
    this.#withHash = select("SELECT hash, key, state FROM item WHERE hash = ?");
    this.#inRange = select(
      "SELECT hash, key, state FROM item WHERE hash = ? AND key >= ? AND key < ? ORDER BY key DESC LIMIT ?",
    );
    this.#before = select(
      `SELECT hash, key, state, at FROM item WHERE at >= ? AND at < ? AND substr(key, 1, 1) = CAST(? AS BLOB)
       ORDER BY at DESC LIMIT ?`,
    );
    this.#insert = db.prepare("INSERT INTO item (hash, at, key, state) VALUES (?, ?, ?, ?)");
    this.#update = db.prepare("UPDATE item SET state = ? WHERE row_id = ?");
    this.#updateWithPlace = db.prepare("UPDATE item SET state = ?, at = ? WHERE row_id = ?");
    this.#remove = db.prepare("DELETE FROM item WHERE row_id = ?");
  }

  find(ref: RowRef): FoundItem {
    const key = ref.key;
    const cells = this.#find.get(ref.hash, key) as unknown as [number, number, string] | undefined;
    if (!cells) return { rowId: undefined, key, at: 0, row: undefined };
    return { rowId: cells[0], key, at: cells[1], row: readRow(ref, cells[2]) };
  }

  /** Writes `row` in place of what was found; null removes it. */
  write({ rowId, key, at }: FoundItem, { kind, hash }: RowRef, row: unknown): void {
    if (row === null) {
      if (rowId !== undefined) this.#remove.run(rowId);
      return;
    }
    const place = kind.placeInTime(row);
    if (rowId === undefined) this.#insert.run(hash, place, key, kind.encode(row));
    else if (place === at) this.#update.run(kind.encode(row), rowId);
    else this.#updateWithPlace.run(kind.encode(row), place, rowId);
  }

  /** The oldest rows between two places in time; `met` undefined: of a kind that is not known. */
  between(from: number, before: number, limit: number): { readonly at: number; readonly met: MetRow | undefined }[] {
    const rows = this.#between.all(from, before, limit) as unknown as [...StoredRow, number][];
    return rows.map(([hash, key, state, at]) => ({ at, met: metOf([hash, key, state]) }));
  }

  at(place: number): MetRow[] {
    return this.#met(this.#at.all(place));
  }

  since(place: number): Iterable<MetRow> {
    return this.#met(this.#since.all(place));
  }

  withHash(hash: number): MetRow[] {
    return this.#met(this.#withHash.all(hash));
  }

  ofBucket(bucket: number): MetRow[] {
    const span = 2 ** 36;
    return this.#met(this.#ofBucket.all(bucket * span, bucket * span + span - 1));
  }

  /** The last keys of a range first. */
  inRange(hash: number, from: Buffer, before: Buffer, limit: number): MetRow[] {
    return this.#met(this.#inRange.all(hash, from, before, limit));
  }

  /** The newest rows of a kind between two places in time first. */
  before(tag: string, from: number, before: number, limit: number): PlacedRow[] {
    const rows = this.#before.all(from, before, tag, limit) as unknown as [...StoredRow, number][];
    return rows.flatMap(([hash, key, state, place]) => {
      const met = metOf([hash, key, state]);
      return met ? { place, met } : [];
    });
  }

  #met(rows: unknown): MetRow[] {
    return (rows as StoredRow[]).flatMap((row) => metOf(row) ?? []);
  }
}

type StoredRow = [hash: number, key: Uint8Array, state: string];

function metOf([hash, key, state]: StoredRow): MetRow | undefined {
  return metRow(Buffer.from(key.buffer, key.byteOffset, key.byteLength), hash, state);
}
