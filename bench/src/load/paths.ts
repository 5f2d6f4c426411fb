/** The paths that are measured, and what they should cost. */

/** What a path may cost, in yardsticks. */
export interface Target {
  readonly first: number;
  readonly later: number;
}

export interface Path {
  /** For `--only` and file names. */
  readonly name: string;
  readonly title: string;
  readonly operation: "send-otp" | "verify-otp";
  /** Gateway of the service that the path calls. */
  readonly gateway: "sandbox" | "http";
  /** Whether each request carries an Idempotency-Key of its own. */
  readonly keyed: boolean;
  readonly target: Target;
}

const send: Target = { first: 3, later: 2 };
const verify: Target = { first: 2, later: 1.5 };

export const paths: readonly Path[] = [
  { name: "send", title: "send-otp", operation: "send-otp", gateway: "sandbox", keyed: false, target: send },
  {
    name: "send-key",
    title: "send-otp, Idempotency-Key",
    operation: "send-otp",
    gateway: "sandbox",
    keyed: true,
    target: send,
  },
  { name: "verify", title: "verify-otp", operation: "verify-otp", gateway: "sandbox", keyed: false, target: verify },
  {
    name: "verify-key",
    title: "verify-otp, Idempotency-Key",
    operation: "verify-otp",
    gateway: "sandbox",
    keyed: true,
    target: verify,
  },
  {
    name: "send-http",
    title: "send-otp, HTTP gateway",
    operation: "send-otp",
    gateway: "http",
    keyed: false,
    target: { first: 4.5, later: 3 },
  },
];

export const pathNames: readonly string[] = paths.map((path) => path.name);

/** Resident memory, MB (10^6 bytes). */
export const memoryTargets = {
  rest: { first: 120, later: 90 },
  load: { first: 200, later: 150 },
} as const satisfies Record<string, Target>;

/** A large history against an empty store. */
export const growthTarget: Target = { first: 1.1, later: 1.05 };

/** Connections of the load generator. */
export const connections = 64;

export function reached(value: number, { first, later }: Target): "then" | "first" | "no" {
  if (value <= later) return "then";
  return value <= first ? "first" : "no";
}
