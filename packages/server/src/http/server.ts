/**
 * One node:http server for each listener: on the public one the hot routes first, then everything else; bytes that are no
 * request are answered as well.
 */
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { bounds, type ErrorType } from "@antryk/contract";
import type { FastifyInstance } from "fastify";
import type { Log } from "../observe/log.ts";
import type { Connections } from "./connections.ts";
import type { Answered } from "./lib/answered.ts";
import { errorReply, type Reply } from "./lib/reply.ts";
import { rawReply, requestIdOf, writeReply } from "./lib/write.ts";
import type { OperationsParts } from "./operations/parts.ts";
import { operationsRoutes } from "./operations/routes.ts";
import { type PublicParts, publicRoutes } from "./public.ts";
import { handleSms } from "./sms/edge.ts";

/** Times for a request to arrive, ms. */
export interface HttpTimeouts {
  readonly headersMs: number;
  readonly requestMs: number;
}

export const defaultTimeouts: HttpTimeouts = { headersMs: 10_000, requestMs: 15_000 };

/**
 * A connection on which nothing moves for so long is closed: a client that does not read its replies. Longer than any
 * send takes.
 */
const stalledMs = 30_000;

interface ServerParts {
  readonly connections: Connections;
  readonly timeouts: HttpTimeouts;
  /** The server will stop soon: connections are not kept. */
  isLeaving(): boolean;
}

export function buildPublic(parts: PublicParts & ServerParts): FastifyInstance {
  return publicRoutes(parts, (other) =>
    makeServer(parts, (request, response) => {
      if (!handleSms(parts, request, response)) other?.(request, response as never);
    }),
  );
}

export function buildOperations(
  parts: OperationsParts & ServerParts & { readonly log: Log; readonly onAnswered: Answered },
): FastifyInstance {
  return operationsRoutes(parts, (other) =>
    makeServer(parts, (request, response) => other?.(request, response as never)),
  );
}

function makeServer(
  { connections, timeouts, isLeaving }: ServerParts,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Server {
  const options = {
    headersTimeout: timeouts.headersMs,
    requestTimeout: timeouts.requestMs,
    connectionsCheckingInterval: 1_000,
    keepAliveTimeout: 72_000,
    maxHeaderSize: bounds.headerBytes,
    requireHostHeader: false,
  };
  const newest = new WeakMap<Duplex, Exchange>();
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    if (!connections.begin(request.socket, response)) return;
    newest.set(request.socket, { request, response });
    if (isLeaving()) response.shouldKeepAlive = false;
    toOriginForm(request);
    if (namesOneHost(request)) answer(request, response);
    else writeReply(request, response, requestIdOf(request), errorReply("invalid_http"));
  };
  const server = createServer(options, handle);
  server.setTimeout(stalledMs);
  connections.watch(server);
  server.on("checkExpectation", handle);
  server.on("connect", (request, socket) => refuseBytes(socket as Socket, requestIdOf(request), "method_not_allowed"));
  server.on("clientError", (fault: NodeJS.ErrnoException, socket) => {
    if (fault.code === "ECONNRESET" || !socket.writable) socket.destroy();
    else refuseInOrder(socket as Socket, newest.get(socket), errorOf(fault.code));
  });
  return server;
}

/** A target that is a whole URL names the host itself, and its Host field counts for nothing (RFC 9112 §3.2.2). */
function toOriginForm(request: IncomingMessage): void {
  const { url = "" } = request;
  if (url.startsWith("/")) return;
  const [, host, path = ""] = /^https?:\/\/([^/?#]*)(.*)$/i.exec(url) ?? [];
  if (host === undefined) return;
  request.url = path.startsWith("/") ? path : `/${path}`;
  request.headers.host = host;
}

/** One Host field, or none before HTTP/1.1 (RFC 9112 §3.2): of two, a proxy may have read the other. */
function namesOneHost({ rawHeaders, httpVersion }: IncomingMessage): boolean {
  let fields = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name?.length === 4 && name.toLowerCase() === "host") fields += 1;
  }
  return fields === 1 || (fields === 0 && httpVersion !== "1.1");
}

/** A request whose head has arrived, with its response. */
interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** Bytes that broke a request's body are answered as that request; others behind it only after its own answer. */
function refuseInOrder(socket: Socket, newest: Exchange | undefined, type: ErrorType): void {
  const refuse = () => refuseBytes(socket, randomUUID(), type);
  if (!newest || (newest.request.complete && newest.response.writableFinished)) {
    refuse();
    return;
  }
  const { request, response } = newest;
  if (request.complete) response.once("close", refuse);
  else if (response.headersSent) socket.destroySoon();
  else {
    writeReply(request, response, requestIdOf(request), refusal(type));
    response.end();
  }
}

function errorOf(code: string | undefined): ErrorType {
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return "request_timeout";
  return code === "HPE_HEADER_OVERFLOW" ? "headers_too_large" : "invalid_http";
}

const statusTexts: Partial<Record<ErrorType, string>> = {
  request_timeout: "Request Timeout",
  headers_too_large: "Request Header Fields Too Large",
  method_not_allowed: "Method Not Allowed",
};

function refusal(type: ErrorType): Reply {
  return errorReply(type, type === "request_timeout" ? { retryAfterMs: 1_000 } : {});
}

function refuseBytes(socket: Socket, requestId: string, type: ErrorType): void {
  socket.end(rawReply(requestId, refusal(type), statusTexts[type] ?? "Bad Request"));
  setTimeout(() => socket.destroy(), 1_000).unref();
}
