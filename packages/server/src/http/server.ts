/** One node:http server: the hot routes first, everything else behind them, and bytes that are no request answered as well. */
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { bounds, type ErrorType } from "@antryk/contract";
import type { FastifyInstance } from "fastify";
import { type OtherParts, otherRoutes } from "./other.ts";
import { errorReply } from "./reply.ts";
import { handleSms } from "./sms/edge.ts";
import { rawReply, requestIdOf, writeReply } from "./write.ts";

/** Times for a request to arrive, ms. */
export interface HttpTimeouts {
  readonly headersMs: number;
  readonly requestMs: number;
}

export const defaultTimeouts: HttpTimeouts = { headersMs: 10_000, requestMs: 15_000 };

/** Requests that have arrived and are not answered yet. */
export interface InFlight {
  count: number;
}

export function buildHttp(parts: OtherParts, inFlight: InFlight, timeouts: HttpTimeouts = defaultTimeouts): FastifyInstance {
  return otherRoutes(parts, (other) => makeServer(parts, inFlight, timeouts, other));
}

function makeServer(
  parts: OtherParts,
  inFlight: InFlight,
  timeouts: HttpTimeouts,
  other: ((request: IncomingMessage, response: ServerResponse) => void) | undefined,
): Server {
  const options = {
    headersTimeout: timeouts.headersMs,
    requestTimeout: timeouts.requestMs,
    connectionsCheckingInterval: 1_000,
    keepAliveTimeout: 72_000,
    maxHeaderSize: bounds.headerBytes,
    requireHostHeader: false,
  };
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    inFlight.count += 1;
    response.once("close", () => {
      inFlight.count -= 1;
    });
    if (request.headers.host === undefined && request.httpVersion === "1.1") {
      writeReply(request, response, requestIdOf(request), errorReply("invalid_http"));
    } else if (!handleSms(parts, request, response)) other?.(request, response);
  };
  const server = createServer(options, handle);
  server.on("checkExpectation", handle);
  server.on("connect", (_request, socket) => refuseBytes(socket as Socket, "method_not_allowed"));
  server.on("clientError", (fault: NodeJS.ErrnoException, socket) => {
    if (fault.code === "ECONNRESET" || !socket.writable) socket.destroy();
    else refuseBytes(socket as Socket, errorOf(fault.code));
  });
  return server;
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

function refuseBytes(socket: Socket, type: ErrorType): void {
  const details = type === "request_timeout" ? { retryAfterMs: 1_000 } : {};
  socket.end(rawReply(randomUUID(), errorReply(type, details), statusTexts[type] ?? "Bad Request"));
  setTimeout(() => socket.destroy(), 1_000).unref();
}
