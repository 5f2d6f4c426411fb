/** What a POST route of the SMS API is: how its verb's outcomes look in the envelope. */
import type { Heart } from "../../verification/heart.ts";
import type { KeyConflict } from "../../verification/outcomes.ts";
import type { VerificationRequest } from "../../verification/request.ts";
import { errorReply, type Reply } from "../lib/reply.ts";

/** A request's JSON object; replies repeat some of its fields as they came. */
export type Body = Readonly<Record<string, unknown>>;

export interface SmsRoute {
  /** Runs the verb for a request that intake has admitted. */
  run(heart: Heart, request: VerificationRequest, body: Body): Promise<Reply>;
  /** The reply for an outcome that was stored for an idempotency key. */
  replay(stored: unknown, body: Body): Reply;
}

const soonMs = 1_000;

export function conflictReply(conflict: KeyConflict): Reply {
  if (conflict.kind === "key_reused") return errorReply("idempotency_key_reused", { param: "Idempotency-Key" });
  // The lease is the worst case: most requests are answered long before.
  return errorReply("idempotency_in_progress", { retryAfterMs: Math.min(conflict.retryAfterMs, soonMs) });
}
