/** What is moved. Between two engines a row stands as SQLite has it; counters are whole, not in slots. */
import { uuidFloor } from "../../model/ids.ts";

export type Value = string | number | Uint8Array | null;
export type Row = Readonly<Record<string, Value>>;
/** Where reading has come to in the source's own order. */
export type Cursor = readonly (string | number)[];

/** Tables and their columns, in the order in which they are moved: what requests need first, history last. */
export const columns = {
  document: ["kind", "id", "account_id", "version", "created_at", "body"],
  key_use: ["access_key", "used_at"],
  item: ["hash", "at", "key", "state"],
  counter: ["key", "at", "n", "until", "older"],
  message: ["hash", "until", "item_hash", "item_key", "verification_id", "gateway_id", "message_id"],
  queue: ["id", "topic", "subject", "bucket", "due", "tries", "body"],
  history: ["verification_id", "account_id", "service_id", "channel", "recipient", "state"],
  history_reduced: [
    "verification_id",
    "account_id",
    "service_id",
    "channel",
    "recipient_hash",
    "recipient_masked",
    "state",
  ],
} as const satisfies Record<string, readonly string[]>;

export type Table = keyof typeof columns;
export const tables = Object.keys(columns) as Table[];

/** A table, or the part of the history whose codes were issued in a time. */
export interface Part {
  readonly name: string;
  readonly table: Table;
  /** Ids from this one on. */
  readonly from?: string;
  /** Ids before this one. */
  readonly before?: string;
}

/** What must be there before a server starts, and what may follow behind it. */
export interface Parts {
  readonly first: readonly Part[];
  readonly behind: readonly Part[];
}

/** `historyBefore`: of codes issued before it, Unix ms, the history follows; null: nothing does. */
export function partsOf(historyBefore: number | null): Parts {
  const whole = tables.map((table): Part => ({ name: table, table }));
  if (historyBefore === null) return { first: whole, behind: [] };
  const floor = `${uuidFloor(historyBefore)}-0000-0000-000000000000`;
  return {
    first: [
      ...whole.filter(({ table }) => table !== "history" && table !== "history_reduced"),
      { name: "recent_history", table: "history", from: floor },
    ],
    behind: [
      { name: "history", table: "history", before: floor },
      { name: "history_reduced", table: "history_reduced" },
    ],
  };
}
