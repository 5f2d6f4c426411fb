/**
 * What a run leaves behind: operations with their times and replies, and the messages that a gateway got. Times are
 * performance.now().
 */

export type Verb = "send" | "resend" | "verify" | "cancel";

/** One HTTP request. It takes effect at one or two moments between `start` and `end`, or not at all. */
export interface Operation {
  readonly id: number;
  readonly verb: Verb;
  readonly otp?: string;
  /** Its Idempotency-Key. */
  readonly key?: string;
  readonly start: number;
  /** When the reply was read, or the connection was found broken. */
  readonly end: number;
  /** Wall time at start and end. */
  readonly wall: readonly [number, number];
  /** Which server it went to, by the process's number. */
  readonly server: number;
  /** `undefined`: there was no answer. */
  readonly reply?: Answer;
}

/** What of a reply the checker looks at. */
export interface Answer {
  readonly status: number;
  /** The error's type. */
  readonly type?: string;
  /** The limit that refused, from RateLimit-Policy. */
  readonly limit?: string;
  /** False: `x-should-retry: false`. */
  readonly retry: boolean;
  readonly replayed: boolean;
  readonly verificationId?: string;
  readonly valid?: boolean;
  readonly attemptsRemaining?: number;
  /** Unix ms. */
  readonly expiresAt?: number;
  /** The whole body. */
  readonly text: string;
}

/** `unknown`: the connection was reset, or a status that says nothing, or no answer at all. */
export type GatewayAnswer = "accepted" | "refused" | "unknown";

export interface Message {
  readonly verificationId: string;
  readonly sendNo: number;
  readonly code: string;
  /** When it was there in full. */
  readonly at: number;
  /** Just before it was answered. */
  answeredAt: number;
  readonly answer: GatewayAnswer;
}

/** One recipient of one service. */
export interface Subject {
  readonly name: string;
  readonly rules: Rules;
  readonly operations: Operation[];
  readonly messages: Message[];
}

/** What the service was set to, and what the product says. */
export interface Rules {
  readonly ttlMs: number;
  readonly maxAttempts: number;
  readonly leaseMs: number;
  readonly cooldownsMs: readonly number[];
  readonly tries: number;
  readonly wrongCodes: number;
  /** How far two clocks of this machine may be apart, with rounding. */
  readonly slackMs: number;
  /** A request without an answer may take effect this long after its `end`. */
  readonly lateMs: number;
}

export function isUnanswered({ reply }: Operation): boolean {
  return reply === undefined || reply.status === 503;
}
