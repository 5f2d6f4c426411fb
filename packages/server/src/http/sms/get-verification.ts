/** GET /api/v1/sms/verifications/{verificationId}: state and delivery timeline, never the code. */
import { isVerificationId, operations, type VerificationReply } from "@antryk/contract";
import type { VerificationRecord } from "../../model/verification.ts";
import { authenticate } from "../lib/credentials.ts";
import type { GetRoute } from "../lib/get-route.ts";
import { errorReply, iso, okReply, unavailableReply } from "../lib/reply.ts";
import type { SmsParts } from "./edge.ts";

export const getVerification: GetRoute<SmsParts> = {
  path: operations["get-verification"].path.replace(/\{(\w+)\}/g, ":$1"),
  async answer({ directory, heart, isDraining }, { headers, params: { verificationId } }) {
    if (isDraining()) return unavailableReply();
    const who = await authenticate(directory, headers, undefined);
    if (!who) return errorReply("invalid_credentials");
    const record = isVerificationId(verificationId)
      ? await heart.find(who.access.accountId, verificationId)
      : undefined;
    if (!record) return errorReply("not_found");
    const service = await directory.service(who.access.accountId, record.serviceId);
    return service ? okReply(verificationReply(record)) : errorReply("service_not_found");
  },
};

function verificationReply(record: VerificationRecord): VerificationReply {
  const {
    verificationId,
    serviceId,
    recipient: to,
    status,
    attempts,
    maxAttempts,
    createdAt,
    expiresAt,
    endedAt,
    deliveries,
    metadata,
    isTest,
  } = record;
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
      ...(metadata && { metadata }),
      ...(isTest && { test: true as const }),
    },
  };
}
