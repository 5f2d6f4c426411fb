/**
 * The state of one recipient as the contract has it (CONTRACT §4), small enough to be compared as text. Moments are
 * spans: only the operation's span is known.
 */

/** From the earliest to the latest moment at which it may be. */
export type Span = readonly [number, number];

export interface Verification {
  /** Of the reply or the message; `?n` while it is not known, n being the operation that made it. */
  readonly id: string;
  readonly state: "leased" | "pending" | "unknown" | "verified" | "cancelled";
  readonly attempts: number;
  readonly ends: Span;
  readonly sendNo: number;
  readonly resends: number;
  readonly resendAt: Span;
}

export type Before =
  | { readonly kind: "send"; readonly verification: Verification | null; readonly same: boolean }
  | { readonly kind: "resend"; readonly resends: number; readonly resendAt: Span };

/** What is kept of an idempotency key. */
export interface KeyEntry {
  /** The operation that runs, or whose outcome it is. */
  readonly by: number;
  /** The stored outcome; `undefined` while it runs. */
  readonly says?: string;
  readonly until: Span;
}

export interface State {
  readonly verification: Verification | null;
  /** The operation whose lease it is; 0: none. */
  readonly lease: number;
  readonly leaseUntil: Span;
  readonly before: Before | null;
  /** Hand-overs begun. */
  readonly tries: number;
  /** Wrong codes since the last right one. */
  readonly wrong: number;
  readonly keys: Readonly<Record<string, KeyEntry>>;
}

export const never: Span = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];

export const empty: State = {
  verification: null,
  lease: 0,
  leaseUntil: [0, 0],
  before: null,
  tries: 0,
  wrong: 0,
  keys: {},
};

export function isOpen({ state }: Verification): boolean {
  return state === "leased" || state === "pending" || state === "unknown";
}

export function later([from, to]: Span, ms: number): Span {
  return [from + ms, to + ms];
}

/** Whether a verification that is known as `known` may be the one that a reply or message calls `given`. */
export function isSame(known: string, given: string): boolean {
  return known === given || known.startsWith("?");
}

/** The state once it is known what the verification is called. */
export function named(state: State, given: string): State {
  const id = state.verification?.id;
  if (id === undefined || id === given || !id.startsWith("?")) return state;
  const rename = (v: Verification | null) => (v?.id === id ? { ...v, id: given } : v);
  const before =
    state.before?.kind === "send" ? { ...state.before, verification: rename(state.before.verification) } : state.before;
  const keys = Object.fromEntries(
    Object.entries(state.keys).map(([key, entry]) => [
      key,
      entry.says === undefined ? entry : { ...entry, says: entry.says.replace(id, given) },
    ]),
  );
  return { ...state, verification: rename(state.verification), before, keys };
}
