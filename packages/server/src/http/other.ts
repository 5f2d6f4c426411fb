/** Every route that is not one of the two hot paths: Fastify, with the contract's envelope around all that it says. */
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { openApiDocument } from "@antryk/contract";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { Inbox } from "../gateways/sandbox/inbox.ts";
import { exposition, expositionType } from "../observe/exposition.ts";
import type { MetricsExposure, Snapshot } from "../observe/metrics.ts";
import type { Store } from "../store/port.ts";
import { bodyCredentialsPage } from "./docs/body-credentials.ts";
import { isReadableHere } from "./local.ts";
import { type ReceiptParts, registerReceipts } from "./receipts.ts";
import { errorReply, okReply, type Reply } from "./reply.ts";
import { faultReply, type SmsParts } from "./sms/edge.ts";
import { getVerification } from "./sms/get-verification.ts";
import { requestIdOf } from "./write.ts";

export interface OtherParts extends SmsParts, ReceiptParts {
  readonly store: Store;
  readonly sandbox: Inbox;
  readonly metrics: MetricsPage;
}

/** GET /metrics: who may read it, and what it says. */
export interface MetricsPage {
  /** `local`: only this machine, as the sandbox. */
  readonly exposure: MetricsExposure;
  read(): Promise<Snapshot>;
}

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
    // Bytes that are no request are the server's own business (server.ts).
    clientErrorHandler: () => undefined,
    routerOptions: { ignoreTrailingSlash: false },
    frameworkErrors: (_fault, request, reply) => send(reply as never, request as never, errorReply("not_found")),
  });

  // Before any body is read: what is wrong with one must not hide that there is no such route.
  app.addHook("onRequest", async (request, reply) => (request.is404 ? send(reply, request, missing(app, request)) : undefined));
  app.setErrorHandler((fault, request, reply) => send(reply, request, faultReply(parts.log, fault, request.id)));

  app.get("/healthz", (request, reply) => send(reply, request, okReply({ status: "ok" })));
  app.get("/readyz", async (request, reply) => {
    if (parts.isDraining()) return send(reply, request, errorReply("unavailable", { retryAfterMs: 1_000 }));
    await parts.store.ping();
    return send(reply, request, okReply({ status: "ready" }));
  });
  app.get("/openapi.json", (request, reply) => send(reply, request, okReply(openApiDocument)));
  app.get("/docs/body-credentials", (request, reply) =>
    reply.header("x-request-id", request.id).type("text/html; charset=utf-8").send(bodyCredentialsPage),
  );
  app.get<{ Querystring: { to?: string | string[] } }>("/sandbox/messages", async (request, reply) => {
    if (!isReadableHere(request.raw, listeningOn(app))) return send(reply, request, errorReply("not_found"));
    // A plus that nobody encoded arrives as a space.
    const to = String(request.query.to ?? "").replace(/^ /, "+");
    return send(reply, request, okReply({ messages: await parts.sandbox.list(to || undefined) }));
  });
  app.get("/metrics", async (request, reply) => {
    const { exposure, read } = parts.metrics;
    const readable = exposure === "on" || (exposure === "local" && isReadableHere(request.raw, listeningOn(app)));
    if (!readable) return send(reply, request, errorReply("not_found"));
    const text = await exposition(await read());
    return reply.header("x-request-id", request.id).type(expositionType).send(text);
  });
  app.get("/gateways/health", async (request, reply) => {
    const local = isReadableHere(request.raw, listeningOn(app));
    return send(reply, request, local ? okReply({ gateways: await parts.gateways.health() }) : errorReply("not_found"));
  });
  app.register(async (scope) => registerReceipts(scope, parts, send));
  app.get<{ Params: { verificationId: string } }>("/api/v1/sms/verifications/:verificationId", async (request, reply) => {
    if (parts.isDraining()) return send(reply, request, errorReply("unavailable", { retryAfterMs: 1_000 }));
    return send(reply, request, await getVerification(parts, request.headers, request.params.verificationId));
  });
  return app;
}

function listeningOn(app: FastifyInstance): AddressInfo | undefined {
  const address = app.server.address();
  return typeof address === "object" && address !== null ? address : undefined;
}

/** 405 where the path has a route for GET, else 404. */
function missing(app: FastifyInstance, { method, url }: FastifyRequest): Reply {
  const path = url.split("?")[0] ?? url;
  const known =
    method !== "GET" &&
    method !== "HEAD" &&
    (app.hasRoute({ method: "GET", url: path }) || /^\/api\/v1\/sms\/verifications\/[^/]+$/.test(path));
  return known ? errorReply("method_not_allowed", { headers: { allow: "GET, HEAD" } }) : errorReply("not_found");
}

function send(reply: FastifyReply, request: FastifyRequest, { status, headers, body }: Reply): FastifyReply {
  return reply.code(status).headers(headers).header("x-request-id", request.id).type("application/json; charset=utf-8").send(body);
}
