/** Documented defaults and bounds, in one place. Documentation and CLI help are made from it or tested against it. */

/** At most `count` in any span of `windowMs`. */
export interface WindowLimit {
  readonly count: number;
  readonly windowMs: number;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

export const defaults = {
  codeLength: 6,
  /** How long a code is valid. */
  ttlSeconds: 300,
  /** Wrong codes compared per OTP. */
  maxAttempts: 5,
  /** send-otp and resend-otp per service and recipient; only those answered 200 or of unknown outcome count. */
  recipientLimits: [
    { count: 3, windowMs: 15 * minuteMs },
    { count: 10, windowMs: dayMs },
  ] as readonly WindowLimit[],
  /** Sends begun per service and recipient, whatever came of them: never given back. */
  recipientTries: { count: 10, windowMs: 15 * minuteMs } as WindowLimit,
  /** Wrong codes per service and recipient across OTPs; one try comes back every windowMs / count. */
  wrongCodes: { count: 15, windowMs: dayMs } as WindowLimit,
  /** Sends of a whole account. */
  accountLimits: [
    { count: 1_000, windowMs: hourMs },
    { count: 5_000, windowMs: dayMs },
  ] as readonly WindowLimit[],
  /** Sends of one recipient over all services of an account. */
  accountRecipientLimits: [{ count: 20, windowMs: dayMs }] as readonly WindowLimit[],
  /** Sends to a prefix, the number without its last four digits, none of whose codes was verified in seven days. */
  newPrefixLimits: [{ count: 100, windowMs: hourMs }] as readonly WindowLimit[],
  /** Wrong codes compared per service and end user's address. */
  guessLimits: [{ count: 60, windowMs: hourMs }] as readonly WindowLimit[],
  /** Wait before the n-th resend; the last one repeats. */
  resendCooldownSeconds: [30, 60, 120, 240] as readonly number[],
} as const;

/** A prefix is proven for so long after one of its codes was verified, ms. */
export const provenForMs = 7 * dayMs;

/** A recipient's limits from this window on count each client network by itself, and twice as many in all. */
export const perNetworkFromMs = dayMs;

/** Limits of a service or an account from this count on keep a share for proven prefixes. */
export const keptForProven = { fromCount: 100, share: 0.2 } as const;

/** Wider networks of an end user's address may have so many times its wrong codes. */
export const guessesPerNetwork = 4;

/** From this share of its count on, a shared limit is worth a word to the operator. */
export const nearLimitShare = 0.8;

export const bounds = {
  codeLength: { min: 4, max: 10 },
  ttlSeconds: { min: 10, max: 600 },
  maxAttempts: { min: 1, max: 20 },
  /** A recipient's sends are kept one by one, so their number is bounded. */
  recipientLimitCount: 100,
  bodyBytes: 16_384,
  headerBytes: 16_384,
  /** Test numbers of a service, and how long ahead the end of one may be. */
  testNumbers: { entries: 50, aheadMs: 90 * dayMs },
  /** `limits` of a request: names of the caller's own, and what they are counted by. */
  named: { entries: 3, nameLength: 64, valueLength: 128 },
  /** `metadata` of a send: pairs, and the length of names and values. */
  metadata: { entries: 10, nameLength: 128, valueLength: 128 },
} as const;

/** How long things are kept, in ms. */
export const retention = {
  /** An ended OTP still answers 410, or its 404. */
  endedOtpMs: dayMs,
  /** Ended verifications, with their numbers. */
  historyMs: 30 * dayMs,
  /** After that, with the numbers reduced to a keyed hash and a masked form. */
  reducedHistoryMs: 365 * dayMs,
  /** A gateway's receipts find their verification. */
  receiptsMs: 3 * dayMs,
  /** What the policy decided against messages. */
  decisionsMs: 7 * dayMs,
  sendReplyMs: dayMs,
  verifyReplyMs: 10 * minuteMs,
} as const;

/** A send's time budget for all its gateways, and what its lease adds to it. */
export const sendBudget = { budgetMs: 8_000, leaseExtraMs: 5_000 } as const;

/** Routes that learn, of the services that have this on. */
export const learning = {
  /** What is known of a gateway counts half after this time. */
  halfLifeMs: 6 * hourMs,
  /** Messages known of a gateway at most: beyond that each new one pushes the older ones out. */
  remembered: 1_000,
  /** Share of the messages that each gateway is asked first for, however it does. */
  floor: 0.02,
  /** A message counts this long after its hand-over: most users have typed their code by then. */
  ripeMs: minuteMs,
  /** A server stores what it counted, and reads what all have counted, this often. */
  shareMs: 5_000,
  /** Counts to which nothing was added for this long are dropped. */
  forgetMs: 10 * dayMs,
} as const;

/** The guard against pumping: what it goes by. */
export const guard = {
  /** What is known of a prefix, a country or a network counts half after this time. */
  halfLifeMs: dayMs,
  /** Of what nothing was added to for this long, nothing is known. */
  forgetMs: 8 * dayMs,
  /** A server stores what it counted this often, and reads what others have. */
  shareMs: 2_000,
  /** A message counts this long after its hand-over: most users have typed their code by then. */
  ripeMs: 45_000,
  /** A block lasts so long at first, twice as long each time again, and never longer than the second. */
  blockMs: { first: 15 * minuteMs, most: 12 * hourMs },
  /** Blocks that ended longer ago do not count towards the next one's length. */
  forgiveMs: dayMs,
  /** Whoever tries all wrong codes of an OTP counts as if so many messages had not come back. */
  guessedCounts: 4,
  /** The part of the evidence that stays once it has led to a block. */
  leftAfterBlock: 0.75,
} as const;

/** `Deprecation` date of credentials in the body (RFC 9745): 2026-11-01T00:00:00Z. */
export const bodyCredentialsDeprecatedAtSeconds = 1_793_491_200;
