/** Every route that is not one of the two hot paths: Fastify, with the contract's envelope around all that it says. */
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { docsRoutes } from "./docs/routes.ts";
import { faultReply } from "./lib/faults.ts";
import { type GetRequest, type GetRoute, isAt } from "./lib/get-route.ts";
import { errorReply, jsonType, type Reply } from "./lib/reply.ts";
import { requestIdOf } from "./lib/write.ts";
import { isReadableHere } from "./local.ts";
import type { OperationsParts } from "./operations/parts.ts";
import { operationsRoutes } from "./operations/routes.ts";
import { type ReceiptParts, registerReceipts } from "./receipts/receipts.ts";
import type { SmsParts } from "./sms/edge.ts";
import { getVerification } from "./sms/get-verification.ts";

export interface OtherParts extends SmsParts, ReceiptParts, Omit<OperationsParts, "isLocal"> {}

const gets: readonly GetRoute<SmsParts & OperationsParts>[] = [...operationsRoutes, ...docsRoutes, getVerification];

/** `makeServer` gets Fastify's handler and returns the server that it is one part of. */
export function otherRoutes(
  parts: OtherParts,
  makeServer: (handler: Parameters<typeof import("node:http").createServer>[1]) => Server,
): FastifyInstance {
  const app = fastify({
    logger: false,
    serverFactory: (handler) => makeServer(handler as never),
    genReqId: (request) => requestIdOf(request as never),
    forceCloseConnections: false,
    // Bytes that are no request are answered in server.ts.
    clientErrorHandler: () => undefined,
    routerOptions: { ignoreTrailingSlash: false },
    frameworkErrors: (_fault, request, reply) => send(reply as never, request as never, errorReply("not_found")),
  });

  // Before any body is read: what is wrong with one must not hide that there is no such route.
  app.addHook("onRequest", async (request, reply) =>
    request.is404 ? send(reply, request, missing(request)) : undefined,
  );
  app.setErrorHandler((fault, request, reply) => send(reply, request, faultReply(parts.log, fault, request.id)));

  const all: SmsParts & OperationsParts = { ...parts, isLocal: (request) => isReadableHere(request, listeningOn(app)) };
  for (const route of gets)
    app.get(route.path, async (request, reply) => send(reply, request, await route.answer(all, request as GetRequest)));
  app.register(async (scope) => registerReceipts(scope, parts, send));
  return app;
}

function listeningOn(app: FastifyInstance): AddressInfo | undefined {
  const address = app.server.address();
  return typeof address === "object" && address !== null ? address : undefined;
}

/** 405 if the path has a route for GET, else 404. */
function missing({ method, url }: FastifyRequest): Reply {
  const path = url.split("?")[0] ?? url;
  const known = method !== "GET" && method !== "HEAD" && gets.some((route) => isAt(route, path));
  return known ? errorReply("method_not_allowed", { headers: { allow: "GET, HEAD" } }) : errorReply("not_found");
}

function send(
  reply: FastifyReply,
  request: FastifyRequest,
  { status, headers, body, mediaType = jsonType }: Reply,
): FastifyReply {
  return reply.code(status).headers(headers).header("x-request-id", request.id).type(mediaType).send(body);
}
