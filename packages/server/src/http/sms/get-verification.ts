/** GET /api/v1/sms/verifications/{verificationId}: state and delivery timeline, never the code. */
import type { IncomingHttpHeaders } from "node:http";
import { isVerificationId, type VerificationReply } from "@antryk/contract";
import type { VerificationRecord } from "../../model/verification.ts";
import { authenticate } from "../credentials.ts";
import { errorReply, iso, okReply, type Reply } from "../reply.ts";
import type { SmsParts } from "./edge.ts";

export async function getVerification(
  { directory, heart }: SmsParts,
  headers: IncomingHttpHeaders,
  verificationId: string,
): Promise<Reply> {
  const who = await authenticate(directory, headers, undefined);
  if (!who) return errorReply("invalid_credentials");
  const record = isVerificationId(verificationId) ? await heart.find(who.access.accountId, verificationId) : undefined;
  return record ? okReply(verificationReply(record)) : errorReply("not_found");
}

function verificationReply(record: VerificationRecord): VerificationReply {
  const { verificationId, serviceId, recipient: to, status, attempts, maxAttempts, createdAt, expiresAt, endedAt, deliveries } = record;
  return {
    success: true,
    message: null,
    data: {
      verificationId,
      serviceId,
      to,
      status,
      attempts,
      maxAttempts,
      createdAt: iso(createdAt),
      expiresAt: iso(expiresAt),
      endedAt: endedAt === null ? null : iso(endedAt),
      deliveries: [...deliveries],
    },
  };
}
