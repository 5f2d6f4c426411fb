/** Limits on sends and on wrong codes, and the refusal by one that is used up. */
import type { LimitName, WindowLimit } from "@antryk/contract";

/** The limit that refused. `name` is the policy's name in `RateLimit-Policy` as well. */
export interface LimitRefusal {
  readonly kind: "rate_limited";
  readonly name: LimitName;
  readonly limit: WindowLimit;
  readonly retryAfterMs: number;
  /** The OTP is locked: waiting does not help, a new send does. */
  readonly locked: boolean;
  /** Until when no code is compared for the recipient, Unix ms; for limits on wrong codes. */
  readonly lockedUntil?: number;
  /** Of the record that is kept of the refusal, if the policy set the limit. */
  readonly decisionId?: string | undefined;
}

/**
 * What a shared limit counts. Sends: `service`, `account`; of a service `client` (an end user's address), `network` (a
 * wider network of addresses), `country`, `prefix`, `new_prefix` (a prefix with no verified code), `named` (a key of the
 * caller's own); of an account `recipient` (one recipient over all services). Wrong codes of a service: `guesses` (a
 * client's). Money: `budget`.
 */
export type SharedScope =
  | "service"
  | "account"
  | "client"
  | "network"
  | "country"
  | "prefix"
  | "new_prefix"
  | "named"
  | "recipient"
  | "guesses"
  | "budget";

/** A limit that counts for many recipients. */
export interface SharedLimit {
  readonly scope: SharedScope;
  /** The account's or the service's id; where a part is counted by itself, behind a space which one. */
  readonly subject: string;
  readonly limit: WindowLimit;
  /** How much of the count this message may use; left out: all of it. The rest is kept for others. */
  readonly open?: number;
  /** How much it takes; left out: 1. */
  readonly cost?: number;
}

/** One shared limit's bucket that a send was counted in; `settle` gives it back from here. */
export interface CountedBucket {
  readonly scope: SharedScope;
  readonly subject: string;
  readonly windowMs: number;
  readonly bucketAt: number;
  /** Which part of the limit's count it was taken from. */
  readonly slot: number;
  /** How much was taken. */
  readonly n: number;
}

export interface SendLimits {
  readonly recipient: readonly WindowLimit[];
  /** The widest network of the end user's address; left out: it is not known. */
  readonly network?: string | undefined;
  readonly shared: readonly SharedLimit[];
}
