/**
 * Stands for `antryk.commit_batch` and `commit_rows` in tests of the lane: rows in memory, committed by version, all or
 * nothing per unit. It keeps no counters and no history. Its failures are those of a database: before the commit, or
 * after it.
 */
import type { CommitReply } from "../../../server/src/store/postgres/wire.ts";

/** `before`: nothing was done. `after`: it was done, and the answer is lost. */
export interface Failure {
  readonly when: "before" | "after";
  readonly fault: Error;
}

/** What `values` are, by their place among the function's parameters. */
const places = { unit: 4, bucket: 5, key: 6, expected: 7, version: 8, text: 10 } as const;
const readKeys = { commit_batch: 45, commit_rows: 12 } as const;

const readers: Readonly<Record<number, (bytes: Buffer, offset: number, length: number) => number | string>> = {
  21: (bytes, offset) => bytes.readInt16BE(offset),
  23: (bytes, offset) => bytes.readInt32BE(offset),
  20: (bytes, offset) => Number(bytes.readBigInt64BE(offset)),
  25: (bytes, offset, length) => bytes.toString("utf8", offset, offset + length),
  17: (bytes, offset, length) => bytes.toString("latin1", offset, offset + length),
};

/** The elements of an array in PostgreSQL's binary format. */
function elements<Element extends number | string>(value: unknown): Element[] {
  const bytes = value as Buffer;
  const read = readers[bytes.readUInt32BE(8)];
  if (!read) throw new Error("an array of another type");
  const found: (number | string)[] = [];
  if (bytes.readInt32BE(0) === 0) return [];
  for (let offset = 20, left = bytes.readInt32BE(12); left > 0; left -= 1) {
    const length = bytes.readInt32BE(offset);
    found.push(read(bytes, offset + 4, length));
    offset += 4 + length;
  }
  return found as Element[];
}

/** A fault as the driver throws it. */
export function databaseFault(code: string, detail?: string): Error {
  return Object.assign(new Error(`SQLSTATE ${code}`), { code, detail });
}

export class FakeCommits {
  /** By the row's key, as latin1. */
  readonly rows = new Map<string, { version: number; text: string }>();
  /** What happens to the next trips, one each; `undefined`: nothing. */
  readonly failures: (Failure | undefined)[] = [];
  /** Called before each commit, with its number from 1 on. */
  before: (trip: number) => void = () => undefined;
  trips = 0;

  async send(text: string, values: unknown[]): Promise<CommitReply> {
    this.trips += 1;
    this.before(this.trips);
    const failure = this.failures.shift();
    if (failure?.when === "before") throw failure.fault;
    const reply = this.#commit(values, text.includes("commit_rows") ? readKeys.commit_rows : readKeys.commit_batch);
    await Promise.resolve();
    if (failure) throw failure.fault;
    return reply;
  }

  #commit(values: unknown[], readKey: number): CommitReply {
    const units = elements<number>(values[places.unit]);
    const keys = elements<string>(values[places.key]);
    const expected = elements<number>(values[places.expected]);
    const versions = elements<number>(values[places.version]);
    const texts = elements<string>(values[places.text]);
    const isMet = (index: number) => (this.rows.get(keys[index] ?? "")?.version ?? 0) !== expected[index];
    const failed = new Set(units.filter((_, index) => isMet(index)));
    const isHalf = units.some((unit, index) => failed.has(unit) && !isMet(index));
    if (isHalf) throw databaseFault("AN001", [...failed].join(" "));
    for (const [index, unit] of units.entries()) {
      if (failed.has(unit)) continue;
      const version = versions[index] ?? 0;
      if (version > 0) this.rows.set(keys[index] ?? "", { version, text: texts[index] ?? "" });
      else this.rows.delete(keys[index] ?? "");
    }
    const lines: string[] = [];
    const report = (place: string, key: string) => {
      const row = this.rows.get(key);
      if (row) lines.push(`${place}\t${row.version}\t${row.text}`);
    };
    for (const [index, key] of elements<string>(values[readKey]).entries()) report(`r${index + 1}`, key);
    for (const [index, unit] of units.entries()) if (failed.has(unit)) report(`i${index + 1}`, keys[index] ?? "");
    return { at: "0", failed: [...failed], uncounted: [], rows: lines.join("\n"), counters: null };
  }
}
