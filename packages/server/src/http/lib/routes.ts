/** Routes off the two hot paths: Fastify, with the contract's envelope around all that it says. */
import type { createServer, Server } from "node:http";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { Log } from "../../observe/log.ts";
import type { Answered } from "./answered.ts";
import { readJsonObject } from "./body.ts";
import { faultReply } from "./faults.ts";
import { type GetRequest, type GetRoute, isAt } from "./get-route.ts";
import type { PostRoute } from "./post-route.ts";
import { errorReply, jsonType, type Reply } from "./reply.ts";
import { requestIdOf } from "./write.ts";

/** Gets Fastify's handler and returns the server that it is one part of. */
export type MakeServer = (handler: Parameters<typeof createServer>[1]) => Server;

export function routesApp<Parts>(
  gets: readonly GetRoute<Parts>[],
  parts: Parts & { readonly log: Log; readonly onAnswered: Answered },
  makeServer: MakeServer,
  posts: readonly PostRoute<Parts>[] = [],
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
    request.is404 ? send(reply, request, missing(gets, posts, request)) : undefined,
  );
  app.addHook("onResponse", async (request, reply) => {
    const route = request.is404 ? "other" : (request.routeOptions.url ?? "other");
    parts.onAnswered({ requestId: request.id, route, status: reply.statusCode, durationMs: reply.elapsedTime });
  });
  app.setErrorHandler((fault, request, reply) => send(reply, request, faultReply(parts.log, fault, request.id)));
  for (const route of gets)
    app.get(route.path, async (request, reply) =>
      send(reply, request, await route.answer(parts, request as GetRequest)),
    );
  if (posts.length > 0) {
    // Bodies are read as on the hot paths: whole, small and JSON, or refused by name.
    app.removeAllContentTypeParsers();
    app.addContentTypeParser("*", (_request, _payload, done) => done(null));
  }
  for (const route of posts)
    app.post(route.path, async (request, reply) => {
      const read = await readJsonObject(request.raw);
      if (read.kind === "gone") return reply.hijack();
      if (read.kind === "error") return send(reply, request, errorReply(read.type));
      return send(reply, request, await route.answer(parts, read.value, request));
    });
  return app;
}

/** 405 if the path has a route for another method, else 404. */
function missing(
  gets: readonly GetRoute<never>[],
  posts: readonly PostRoute<never>[],
  { method, url }: FastifyRequest,
): Reply {
  const path = url.split("?")[0] ?? url;
  if (posts.some((route) => route.path === path))
    return errorReply("method_not_allowed", { headers: { allow: "POST" } });
  const known = method !== "GET" && method !== "HEAD" && gets.some((route) => isAt(route, path));
  return known ? errorReply("method_not_allowed", { headers: { allow: "GET, HEAD" } }) : errorReply("not_found");
}

export function send(
  reply: FastifyReply,
  request: FastifyRequest,
  { status, headers, body, mediaType = jsonType }: Reply,
): FastifyReply {
  return reply.code(status).headers(headers).header("x-request-id", request.id).type(mediaType).send(body);
}
