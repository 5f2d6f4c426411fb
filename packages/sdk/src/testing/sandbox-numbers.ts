/** What the numbers of the sandbox are answered, as the server answers them. */
import { type SandboxNumber, sandboxLines, sandboxPattern } from "../generated/sandbox-numbers.ts";
import { fakeDefaults } from "./defaults.ts";
import type { FakeOptions } from "./settings.ts";
import type { Refusal } from "./state.ts";

type Settings = Required<Pick<FakeOptions, "ttlSeconds" | "maxAttempts" | "recipientLimits">>;

/** `undefined`: it is a number as any other. */
export function sandboxNumber(to: string): SandboxNumber | undefined {
  const line = sandboxPattern.exec(to)?.[1];
  return line === undefined ? undefined : sandboxLines[line];
}

/** Why the operation is refused; `undefined`: it goes on. */
export function sandboxRefusal(
  to: string,
  operation: SandboxNumber["operation"],
  { ttlSeconds, maxAttempts, recipientLimits }: Settings,
  now: number,
): Refusal | undefined {
  const row = sandboxNumber(to);
  if (row?.operation !== operation || row.error === undefined || row.mayHaveBeenSent) return undefined;
  const { error: refused } = row;
  const windowMs = ttlSeconds * 1000;
  const until = now + windowMs;
  switch (refused) {
    case "otp_invalid":
      return undefined;
    case "invalid_recipient":
      return { refused, param: "to" };
    case "recipient_blocked":
      return { refused, param: "to", reason: "gateway" };
    case "otp_pending":
      return { refused, retryAfterMs: windowMs, expiresAt: until };
    case "provider_unavailable":
      return { refused, retryAfterMs: 2_000, mayHaveBeenSent: false };
    case "rate_limited": {
      if (operation === "verify-otp") {
        const limit = { name: "otp" as const, count: maxAttempts, windowMs };
        return { refused, retryAfterMs: windowMs, final: true, limit, lockedUntil: until };
      }
      const limit = recipientLimits[0] ?? fakeDefaults.recipientTries;
      return { refused, retryAfterMs: limit.windowMs, limit: { ...limit, name: "recipient" }, reason: "limit" };
    }
    case "internal_error":
    case "unavailable":
      return { refused, retryAfterMs: 1_000 };
    default:
      return { refused };
  }
}
