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
}

/** A limit that counts sends of many recipients. */
export interface SharedLimit {
  readonly scope: "service" | "account" | "client" | "country" | "prefix";
  /** The account's or the service's id; of the last three behind a space what is counted by itself. */
  readonly subject: string;
  readonly limit: WindowLimit;
}

/** One shared limit's bucket that a send was counted in; `settle` gives it back from here. */
export interface CountedBucket {
  readonly scope: SharedLimit["scope"];
  readonly subject: string;
  readonly windowMs: number;
  readonly bucketAt: number;
  /** Which part of the limit's count it was taken from. */
  readonly slot: number;
}

export interface SendLimits {
  readonly recipient: readonly WindowLimit[];
  readonly shared: readonly SharedLimit[];
}
