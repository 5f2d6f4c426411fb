/** What is moved. Between two engines a row stands as SQLite has it; counters are whole, not in slots. */

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
