/**
 * The POST routes of the SMS API on plain node:http: they are the two hot paths, and a router with schemas costs a
 * third of what a whole request may (docs/decisions/0002). Order of checks: CONTRACT §3.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { bodyCredentialsDeprecatedAtSeconds, isIdempotencyKey } from "@antryk/contract";
import type { Access } from "../../model/account.ts";
import { StoreUnavailable } from "../../model/errors.ts";
import type { Log } from "../../observe/log.ts";
import { readJsonObject } from "../body.ts";
import { authenticate } from "../credentials.ts";
import { errorReply, type Reply } from "../reply.ts";
import { requestIdOf, writeReply } from "../write.ts";
import { cancelOtp } from "./cancel-otp.ts";
import { resendOtp } from "./resend-otp.ts";
import { conflictReply, fingerprintFields, type SmsParts, type SmsRequest, type SmsRoute } from "./route.ts";
import { sendOtp } from "./send-otp.ts";
import { verifyOtp } from "./verify-otp.ts";

export const smsBase = "/api/v1/sms";

const routes: ReadonlyMap<string, SmsRoute> = new Map(
  [sendOtp, verifyOtp, resendOtp, cancelOtp].map((route) => [`${smsBase}/${route.operation}`, route]),
);

export interface EdgeParts extends SmsParts {
  readonly log: Log;
  readonly bodyCredentials: boolean;
  /** The server is stopping: new requests are refused. */
  isDraining(): boolean;
}

const deprecation = {
  deprecation: `@${bodyCredentialsDeprecatedAtSeconds}`,
  link: '</docs/body-credentials>; rel="deprecation"; type="text/html"',
};

/** Whether the path is one of these routes; if it is, the request is taken. */
export function handleSms(parts: EdgeParts, request: IncomingMessage, response: ServerResponse): boolean {
  const url = request.url ?? "";
  const query = url.indexOf("?");
  const route = routes.get(query < 0 ? url : url.slice(0, query));
  if (!route) return false;
  const requestId = requestIdOf(request);
  void answer(parts, route, request)
    .catch((fault: unknown) => faultReply(parts.log, fault, requestId))
    .then((reply) => reply && writeReply(request, response, requestId, reply));
  return true;
}

/** `undefined`: nobody is there to read an answer. */
async function answer(parts: EdgeParts, route: SmsRoute, request: IncomingMessage): Promise<Reply | undefined> {
  if (request.method !== "POST") return errorReply("method_not_allowed", { headers: { allow: "POST" } });
  if (parts.isDraining()) return errorReply("unavailable", { retryAfterMs: 1_000 });
  const read = await readJsonObject(request);
  if (read.kind === "gone") return undefined;
  if (read.kind === "error") return errorReply(read.type);
  const who = await authenticate(parts.directory, request.headers, parts.bodyCredentials ? read.value : undefined);
  if (!who) return errorReply("invalid_credentials");
  const reply = await run(parts, route, request, who.access, read.value);
  return who.fromBody ? { ...reply, headers: { ...reply.headers, ...deprecation } } : reply;
}

async function run(
  parts: EdgeParts,
  route: SmsRoute,
  request: IncomingMessage,
  access: Access,
  body: Readonly<Record<string, unknown>>,
): Promise<Reply> {
  const key = request.headers["idempotency-key"];
  if (key === undefined) return route.handle(parts, { access, body, idempotencyKey: undefined });
  if (typeof key !== "string" || !isIdempotencyKey(key)) return errorReply("invalid_parameter", { param: "Idempotency-Key" });
  const smsRequest: SmsRequest = { access, body, idempotencyKey: key };
  const reply = await route.handle(parts, smsRequest);
  return reply.beforeVerb ? ((await recall(parts, route, smsRequest, key)) ?? reply) : reply;
}

/** Idempotency comes before the checks of the body; asking for it only where one of them failed saves a read on every good request. */
async function recall(parts: EdgeParts, route: SmsRoute, { access, body }: SmsRequest, key: string): Promise<Reply | undefined> {
  const known = await parts.heart.recall(route.operation, access.accountId, key, fingerprintFields(body));
  if (!known) return undefined;
  return known.kind === "replayed" ? route.replay(JSON.parse(known.reply), body) : conflictReply(known);
}

export function faultReply(log: Log, fault: unknown, requestId: string): Reply {
  if (fault instanceof StoreUnavailable) {
    log.error({ event: "store_unavailable", requestId, reason: reasonOf(fault) }, fault.message);
    return errorReply("unavailable", { retryAfterMs: 1_000 });
  }
  const { name, message, stack } = fault instanceof Error ? fault : new Error("not an Error was thrown");
  log.error({ event: "fault", requestId, name, message, stack }, "a request met a fault of the server");
  return errorReply("internal_error", { retryAfterMs: 1_000 });
}

function reasonOf({ cause }: StoreUnavailable): string | undefined {
  return cause instanceof Error ? cause.message : undefined;
}
