/**
 * What sandbox numbers are answered before any gateway is asked: outcomes as the store would give them. What a gateway
 * causes, the sandbox gateway answers itself.
 */
import { defaults, type SandboxNumber } from "@antryk/contract";
import { StoreUnavailable } from "../model/errors.ts";
import type { LimitRefusal } from "../model/limits.ts";
import type { Pending } from "../model/sending.ts";
import type { Service } from "../model/service.ts";

/** Undefined: the send goes on. Throws what the edge answers 500 or 503. */
export function simulatedSend(
  { operation, error }: SandboxNumber,
  { ttlSeconds, recipientLimits }: Service,
  now: number,
): Pending | LimitRefusal | undefined {
  if (operation !== "send-otp") return undefined;
  if (error === "internal_error") throw new Error("a sandbox number asks for a fault");
  if (error === "unavailable") throw new StoreUnavailable("a sandbox number asks for a store that is away");
  const ttlMs = ttlSeconds * 1000;
  if (error === "otp_pending") return { kind: "pending", retryAfterMs: ttlMs, expiresAt: now + ttlMs };
  if (error !== "rate_limited") return undefined;
  const limit = recipientLimits[0] ?? defaults.recipientTries;
  return { kind: "rate_limited", name: "recipient", limit, retryAfterMs: limit.windowMs, locked: false };
}

/** Undefined: the code is compared. */
export function simulatedVerify(
  { operation, error }: SandboxNumber,
  { maxAttempts, ttlSeconds }: Service,
  now: number,
): LimitRefusal | { readonly kind: "not_found" } | { readonly kind: "expired" } | undefined {
  if (operation !== "verify-otp") return undefined;
  if (error === "otp_not_found") return { kind: "not_found" };
  if (error === "otp_expired") return { kind: "expired" };
  if (error !== "rate_limited") return undefined;
  const windowMs = ttlSeconds * 1000;
  const limit = { count: maxAttempts, windowMs };
  return {
    kind: "rate_limited",
    name: "otp",
    limit,
    retryAfterMs: windowMs,
    locked: true,
    lockedUntil: now + windowMs,
  };
}
