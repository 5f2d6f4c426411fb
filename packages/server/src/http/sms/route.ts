/** What a POST route of the SMS API is, and the checks that all of them share, in the contract's order. */
import { type ErrorType, isServiceId } from "@antryk/contract";
import type { Directory } from "../../callers/directory.ts";
import type { Access } from "../../model/account.ts";
import type { IdempotentOperation } from "../../model/idempotency.ts";
import { clientSubject } from "../../policy/client-address.ts";
import { canonicalLocale } from "../../policy/locale.ts";
import { isPossibleRecipient } from "../../policy/recipient.ts";
import type { Heart } from "../../verification/heart.ts";
import type { KeyConflict, VerificationRequest } from "../../verification/outcomes.ts";
import { errorReply, type Reply } from "../reply.ts";

export interface SmsParts {
  readonly heart: Heart;
  readonly directory: Directory;
}

/** An authenticated request with its body parsed and its credentials taken out. */
export interface SmsRequest {
  readonly access: Access;
  readonly body: Readonly<Record<string, unknown>>;
  readonly idempotencyKey: string | undefined;
}

export interface SmsRoute {
  readonly operation: IdempotentOperation;
  /** Answers the request, or says which check of the body failed. */
  handle(parts: SmsParts, request: SmsRequest): Promise<Reply>;
  /** The reply for an outcome that was stored for an idempotency key. */
  replay(stored: unknown, body: Readonly<Record<string, unknown>>): Reply;
}

const soonMs = 1_000;

export type Checked =
  | { readonly kind: "checked"; readonly request: VerificationRequest }
  | { readonly kind: "failed"; readonly reply: Reply };

/** What of a request's checks differs by route. */
export interface RouteChecks {
  /** Fields that it does not name are unknown, and ignored. */
  readonly schema: { readonly properties: object };
  readonly badService: ErrorType;
  /** After the recipient. */
  otp?(): Reply | undefined;
}

/** service → recipient → otp → other parameters. */
export async function checkRequest(
  { directory }: SmsParts,
  { access, body, idempotencyKey }: SmsRequest,
  { schema, badService, otp }: RouteChecks,
): Promise<Checked> {
  const { serviceId, to } = body;
  const given = "locale" in schema.properties ? body.locale : undefined;
  const clientIp = "clientIp" in schema.properties ? body.clientIp : undefined;
  const service = isServiceId(serviceId) ? await directory.service(access.accountId, serviceId.toLowerCase()) : undefined;
  if (!service) return failed(errorReply(badService, { param: "serviceId" }));
  if (!isPossibleRecipient(to)) return failed(errorReply("invalid_recipient", { param: "to" }));
  const malformed = otp?.();
  if (malformed) return failed(malformed);
  const locale = given === undefined ? undefined : canonicalLocale(given);
  if (given !== undefined && locale === undefined) return failed(errorReply("invalid_parameter", { param: "locale" }));
  const client = clientIp === undefined ? undefined : clientSubject(clientIp);
  if (clientIp !== undefined && client === undefined) return failed(errorReply("invalid_parameter", { param: "clientIp" }));
  const idempotency = idempotencyKey === undefined ? undefined : { key: idempotencyKey, fields: fingerprintFields(body) };
  return { kind: "checked", request: { access, service, to, client, locale, idempotency } };
}

/** What an idempotency fingerprint is made of: `to`, `serviceId` and `otp` as parsed. Valid or not, so that a bad repeat is told apart. */
export function fingerprintFields({ to, serviceId, otp }: Readonly<Record<string, unknown>>): string[] {
  return [part(to), typeof serviceId === "string" ? part(serviceId.toLowerCase()) : part(serviceId), part(otp)];
}

export function conflictReply(conflict: KeyConflict): Reply {
  if (conflict.kind === "key_reused") return errorReply("idempotency_key_reused", { param: "Idempotency-Key" });
  // The lease is the worst case: most requests are answered long before.
  return errorReply("idempotency_in_progress", { retryAfterMs: Math.min(conflict.retryAfterMs, soonMs) });
}

/** What passes the checks is a string, so what an object holds tells nothing; and writing out a deep one can fail. */
function part(value: unknown): string {
  if (typeof value === "string") return `s${value}`;
  return typeof value === "object" && value !== null ? "o" : `j${value}`;
}

function failed(reply: Reply): Checked {
  return { kind: "failed", reply: { ...reply, beforeVerb: true } };
}
