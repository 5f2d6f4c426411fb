/** Numbers that an operator blocks, or allows whatever is blocked. */

export interface ListEntry {
  /** UUID v4. */
  readonly id: string;
  readonly list: "block" | "allow";
  /** A number, or what numbers begin with: `+` and digits. */
  readonly match: string;
  /** Null: all services of all accounts. */
  readonly serviceId: string | null;
  /** From then on it no longer counts, Unix ms; null: until it is removed. */
  readonly until: number | null;
  /** For people; null: none was given. */
  readonly reason: string | null;
  readonly createdAt: number;
}
