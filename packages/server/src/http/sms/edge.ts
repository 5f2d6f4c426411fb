/**
 * The POST routes of the SMS API on plain node:http: they are the two hot paths, and a router with schemas costs a
 * third of what a whole request may (docs/decisions/0002). Order of checks: CONTRACT §3.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import {
  bodyCredentialsDeprecatedAtSeconds,
  isIdempotencyKey,
  isServiceId,
  operations,
  type PostOperation,
  postOperations,
} from "@antryk/contract";
import type { Directory } from "../../callers/directory.ts";
import type { Access } from "../../model/account.ts";
import type { Log } from "../../observe/log.ts";
import type { Heart } from "../../verification/heart.ts";
import { intake } from "../../verification/intake.ts";
import type { Answered } from "../lib/answered.ts";
import { readJsonObject } from "../lib/body.ts";
import { authenticate } from "../lib/credentials.ts";
import { faultReply } from "../lib/faults.ts";
import { errorReply, type Reply, unavailableReply } from "../lib/reply.ts";
import { requestIdOf, writeReply } from "../lib/write.ts";
import { type Body, conflictReply } from "./route.ts";
import { smsRoutes } from "./routes.ts";

const operationAt: ReadonlyMap<string, PostOperation> = new Map(
  postOperations.map((operation) => [operations[operation].path, operation]),
);

export interface SmsParts {
  readonly heart: Heart;
  readonly directory: Directory;
  readonly log: Log;
  readonly bodyCredentials: boolean;
  /** Called with each reply. */
  readonly onAnswered: Answered;
  /** The server is stopping: new requests are refused. */
  isDraining(): boolean;
}

const deprecation = {
  deprecation: `@${bodyCredentialsDeprecatedAtSeconds}`,
  link: '</docs/body-credentials>; rel="deprecation"; type="text/html"',
};

/** Whether the path is one of these routes; if it is, the request is taken. */
export function handleSms(parts: SmsParts, request: IncomingMessage, response: ServerResponse): boolean {
  const url = request.url ?? "";
  const query = url.indexOf("?");
  const operation = operationAt.get(query < 0 ? url : url.slice(0, query));
  if (!operation) return false;
  const exchange: Exchange = { request, requestId: requestIdOf(request) };
  const startedAt = performance.now();
  void answer(parts, operation, exchange)
    .catch((fault: unknown) => faultReply(parts.log, fault, exchange.requestId))
    .then((reply) => {
      if (!reply) return;
      writeReply(request, response, exchange.requestId, reply);
      const durationMs = performance.now() - startedAt;
      parts.onAnswered({
        ...exchange.told,
        requestId: exchange.requestId,
        route: operation,
        status: reply.status,
        durationMs,
      });
    });
  return true;
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly requestId: string;
  /** Who asks and for what, once it is known. */
  told?: { readonly accessKey: string; readonly serviceId: string | undefined };
}

/** `undefined`: the client is gone, and no answer can reach it. */
async function answer(parts: SmsParts, operation: PostOperation, exchange: Exchange): Promise<Reply | undefined> {
  const { request, requestId } = exchange;
  if (request.method !== "POST") return errorReply("method_not_allowed", { headers: { allow: "POST" } });
  if (parts.isDraining()) return unavailableReply();
  const read = await readJsonObject(request);
  if (read.kind === "gone") return undefined;
  if (read.kind === "error") return errorReply(read.type);
  const who = await authenticate(parts.directory, request.headers, parts.bodyCredentials ? read.value : undefined);
  if (!who) return errorReply("invalid_credentials");
  const { serviceId } = read.value;
  exchange.told = { accessKey: who.accessKey, serviceId: isServiceId(serviceId) ? serviceId : undefined };
  const reply = await run(parts, operation, { request, requestId, access: who.access, body: read.value });
  return who.fromBody ? { ...reply, headers: { ...reply.headers, ...deprecation } } : reply;
}

interface Authenticated {
  readonly request: IncomingMessage;
  readonly requestId: string;
  readonly access: Access;
  readonly body: Body;
}

async function run(
  { heart, directory }: SmsParts,
  operation: PostOperation,
  { request, requestId, access, body }: Authenticated,
): Promise<Reply> {
  const key = request.headers["idempotency-key"];
  if (key !== undefined && (typeof key !== "string" || !isIdempotencyKey(key)))
    return errorReply("invalid_parameter", { param: "Idempotency-Key" });
  const route = smsRoutes[operation];
  const taken = await intake(directory, operation, { access, fields: body, idempotencyKey: key, requestId });
  if (taken.kind === "admitted") return route.run(heart, taken.request, body);
  // Idempotency comes before the checks; to ask for it only if one of them failed saves a read on every good request.
  const known = taken.idempotency && (await heart.recall(operation, access.accountId, taken.idempotency));
  if (!known) return errorReply(taken.type, { param: taken.param });
  return known.kind === "replayed" ? route.replay(JSON.parse(known.reply), body) : conflictReply(known);
}
