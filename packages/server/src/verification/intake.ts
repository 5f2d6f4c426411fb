/**
 * The contract's checks of a request's fields: service → recipient → otp → other parameters. Every surface shares
 * them and maps what they find to its own envelope.
 */
import {
  bounds,
  type ErrorType,
  isOtp,
  isServiceId,
  operations,
  type PostOperation,
  postOperations,
} from "@antryk/contract";
import type { Directory } from "../callers/directory.ts";
import type { Access } from "../model/account.ts";
import { clientOf } from "../policy/client-address.ts";
import { isLimitName } from "../policy/limit-notation.ts";
import { canonicalLocale } from "../policy/locale.ts";
import { isPossibleRecipient } from "../policy/recipient.ts";
import type { IdempotencyInput, VerificationRequest } from "./request.ts";
import { noTexts, textsIn } from "./texts.ts";

/** An authenticated request, its fields under the contract's names and not checked yet. */
export interface Incoming {
  readonly access: Access;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly idempotencyKey: string | undefined;
  readonly requestId?: string | undefined;
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
  directory: Pick<Directory, "service" | "lists" | "prices">,
  operation: PostOperation,
  { access, fields, idempotencyKey, requestId }: Incoming,
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
  const client = clientIp === undefined ? undefined : clientOf(clientIp);
  if (clientIp !== undefined && client === undefined) return refused("invalid_parameter", "clientIp");
  if (operation === "send-otp" && service.requireClientIp && client === undefined)
    return refused("invalid_parameter", "clientIp");
  const named = "limits" in request.properties ? textsIn(fields.limits, bounds.named) : noTexts;
  if (!named || !Object.keys(named).every(isLimitName)) return refused("invalid_parameter", "limits");
  const given = "metadata" in request.properties ? textsIn(fields.metadata, bounds.metadata) : noTexts;
  if (!given) return refused("invalid_parameter", "metadata");
  const metadata = Object.keys(given).length > 0 ? JSON.stringify(given) : "";
  const lists = await directory.lists();
  const sends = operation === "send-otp" || operation === "resend-otp";
  const prices = sends && access.spending ? await directory.prices(access.accountId) : undefined;
  const channel = "sms";
  return {
    kind: "admitted",
    request: { access, service, channel, to, client, named, metadata, lists, prices, locale, idempotency, requestId },
  };
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

/** Of objects only small ones of strings pass the checks; what another one holds makes no difference. */
function part(value: unknown): string {
  if (typeof value === "string") return `s${value}`;
  if (typeof value !== "object" || value === null) return `j${value}`;
  const texts = textsIn(value, bounds.metadata);
  return texts ? `m${JSON.stringify(Object.entries(texts).sort(([a], [b]) => (a < b ? -1 : 1)))}` : "o";
}
