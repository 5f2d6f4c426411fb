/**
 * The contract's checks of a request's fields: service → recipient → otp → other parameters. Every surface shares
 * them and maps what they find to its own envelope.
 */
import { type ErrorType, isOtp, isServiceId, operations, type PostOperation, postOperations } from "@antryk/contract";
import type { Directory } from "../callers/directory.ts";
import type { Access } from "../model/account.ts";
import { clientSubject } from "../policy/client-address.ts";
import { canonicalLocale } from "../policy/locale.ts";
import { isPossibleRecipient } from "../policy/recipient.ts";
import type { IdempotencyInput, VerificationRequest } from "./request.ts";

/** An authenticated request, its fields under the contract's names and not checked yet. */
export interface Incoming {
  readonly access: Access;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly idempotencyKey: string | undefined;
}

export type Intake =
  | { readonly kind: "admitted"; readonly request: VerificationRequest }
  | {
      readonly kind: "refused";
      readonly type: ErrorType;
      /** The field at fault. */
      readonly param: string;
      /** Idempotency comes before these checks: if it is set, `Heart.recall` says whether it answers instead. */
      readonly idempotency: IdempotencyInput | undefined;
    };

/** Checks the fields that the operation has; others are unknown to it, and ignored. */
export async function intake(
  directory: Pick<Directory, "service" | "lists">,
  operation: PostOperation,
  { access, fields, idempotencyKey }: Incoming,
): Promise<Intake> {
  const idempotency =
    idempotencyKey === undefined ? undefined : { key: idempotencyKey, fields: fingerprintFields(operation, fields) };
  const refused = (type: ErrorType, param: string): Intake => ({ kind: "refused", type, param, idempotency });
  const { badService, request } = operations[operation];
  const { serviceId, to, otp } = fields;
  const service = isServiceId(serviceId)
    ? await directory.service(access.accountId, serviceId.toLowerCase())
    : undefined;
  if (!service) return refused(badService, "serviceId");
  if (!isPossibleRecipient(to)) return refused("invalid_recipient", "to");
  if ("otp" in request.properties && !isOtp(otp)) return refused("otp_invalid", "otp");
  const asked = "locale" in request.properties ? fields.locale : undefined;
  const locale = asked === undefined ? undefined : canonicalLocale(asked);
  if (asked !== undefined && locale === undefined) return refused("invalid_parameter", "locale");
  const clientIp = "clientIp" in request.properties ? fields.clientIp : undefined;
  const client = clientIp === undefined ? undefined : clientSubject(clientIp);
  if (clientIp !== undefined && client === undefined) return refused("invalid_parameter", "clientIp");
  if (operation === "send-otp" && service.requireClientIp && client === undefined)
    return refused("invalid_parameter", "clientIp");
  const lists = await directory.lists();
  return { kind: "admitted", request: { access, service, channel: "sms", to, client, lists, locale, idempotency } };
}

/** Of the fields that an operation has: who calls, and for whom, does not make it another request. */
const leftOut: readonly string[] = ["accessKey", "secretKey", "clientIp"];
const fingerprinted: ReadonlyMap<PostOperation, readonly string[]> = new Map(
  postOperations.map((operation) => [
    operation,
    Object.keys(operations[operation].request.properties).filter((name) => !leftOut.includes(name)),
  ]),
);

/** An idempotency fingerprint's parts: every field of the operation as parsed, valid or not, so a bad repeat differs. */
function fingerprintFields(operation: PostOperation, fields: Readonly<Record<string, unknown>>): string[] {
  return (fingerprinted.get(operation) ?? []).map((name) => {
    const value = fields[name];
    return part(name === "serviceId" && typeof value === "string" ? value.toLowerCase() : value);
  });
}

/** Only strings pass the checks, so what an object holds makes no difference; and writing out a deep one can fail. */
function part(value: unknown): string {
  if (typeof value === "string") return `s${value}`;
  return typeof value === "object" && value !== null ? "o" : `j${value}`;
}
