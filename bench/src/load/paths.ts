/** The paths that are measured, and what they should cost. */
import type { EngineName } from "../engines/engine.ts";
import type { ServiceName } from "../processes/services.ts";

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
  /** The service that is called. */
  readonly service: ServiceName;
  /** Whether each request carries another Idempotency-Key. */
  readonly keyed: boolean;
  /** Whether each request says for which end user it is: an address, and a key of the caller's own. */
  readonly isFromClients?: boolean;
  /** Whether its codes are sent by another server process than the one that verifies. */
  readonly elsewhere?: boolean;
  /** By the engines that it is measured on; null: it has no target in yardsticks. */
  readonly targets: Readonly<Partial<Record<EngineName, Target | null>>>;
}

const send = { sqlite: { first: 3, later: 2 }, postgres: { first: 6, later: 4 } };
const verify = { sqlite: { first: 2, later: 1.5 }, postgres: { first: 4, later: 3 } };
/** What counts is their ratio to another path (plan.ts). */
const none = { sqlite: null, postgres: null };

const sendOtp = { operation: "send-otp", service: "send", keyed: false } as const;
const verifyOtp = { operation: "verify-otp", service: "verify", keyed: false } as const;

/** Paths that are compared stand side by side. */
export const paths: readonly Path[] = [
  { ...sendOtp, name: "send", title: "send-otp", targets: send },
  { ...sendOtp, name: "send-limit", title: "send-otp, a service limit", service: "limit", targets: none },
  {
    ...sendOtp,
    name: "send-rules",
    title: "send-otp, every rule on",
    service: "rules",
    isFromClients: true,
    targets: none,
  },
  { ...sendOtp, name: "send-key", title: "send-otp, Idempotency-Key", keyed: true, targets: send },
  { ...verifyOtp, name: "verify", title: "verify-otp", targets: verify },
  { ...verifyOtp, name: "verify-key", title: "verify-otp, Idempotency-Key", keyed: true, targets: verify },
  {
    ...verifyOtp,
    name: "verify-elsewhere",
    title: "verify-otp, sent by another process",
    elsewhere: true,
    targets: { postgres: null },
  },
  {
    ...sendOtp,
    name: "send-http",
    title: "send-otp, HTTP gateway",
    service: "http",
    targets: { sqlite: { first: 4.5, later: 3 } },
  },
  { ...sendOtp, name: "send-smpp", title: "send-otp, SMPP gateway", service: "smpp", targets: none },
  { ...sendOtp, name: "send-report", title: "send-otp, SMPP gateway that reports", service: "report", targets: none },
];

export const pathNames: readonly string[] = paths.map((path) => path.name);

export function pathNamed(name: string): Path {
  const path = paths.find((each) => each.name === name);
  if (!path) throw new Error(`there is no path ${name}`);
  return path;
}

/** Resident memory, MB (10^6 bytes). */
export const memoryTargets = {
  rest: { first: 120, later: 90 },
  load: { first: 200, later: 150 },
} as const satisfies Record<string, Target>;

/** A large history against an empty store. */
export const growthTarget: Target = { first: 1.1, later: 1.05 };

/** Connections of the load generator. */
export const connections = 64;

/** Requests after which the compiler has done what it will do. */
export const warmUpRequests = 32_768;

export function reached(value: number, { first, later }: Target): "then" | "first" | "no" {
  if (value <= later) return "then";
  return value <= first ? "first" : "no";
}
