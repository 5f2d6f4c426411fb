/** From a reply to bytes. */

import type { IncomingMessage, ServerResponse } from "node:http";
import { isRequestId } from "@antryk/contract";
import { newRequestId } from "../../model/ids.ts";
import { jsonType, type Reply } from "./reply.ts";

/** The caller's id if it is well-formed, else a new one. */
export function requestIdOf(request: IncomingMessage): string {
  const given = request.headers["x-request-id"];
  return typeof given === "string" && isRequestId(given) ? given : newRequestId(Date.now());
}

export function writeReply(request: IncomingMessage, response: ServerResponse, requestId: string, reply: Reply): void {
  const { status, headers, body, mediaType = jsonType } = reply;
  if (response.headersSent || response.destroyed) return;
  const all: string[] = [
    "content-type",
    mediaType,
    "content-length",
    String(Buffer.byteLength(body)),
    "x-request-id",
    requestId,
  ];
  for (const name in headers) all.push(name, headers[name] ?? "");
  // An unread body would be taken for the next request.
  const unread = !request.complete;
  if (unread || status === 503) all.push("connection", "close");
  response.writeHead(status, all);
  if (unread) endOnceRead(request, response, body);
  else response.end(body);
}

/**
 * How long a client may go on writing a body that is not needed: as long as nginx lets it pause (lingering_timeout), so
 * that a slow client reads the reason, too.
 */
const lingerMs = 5_000;

/** A client still writing must get the chance to read the answer: a connection that is closed under it is reset. */
function endOnceRead(request: IncomingMessage, response: ServerResponse, body: string | Buffer): void {
  response.write(body);
  const end = () => response.end();
  const timer = setTimeout(end, lingerMs).unref();
  request.once("close", () => clearTimeout(timer));
  request.once("end", end).resume();
}

/** An error for a socket that never carried a whole request. */
export function rawReply(
  requestId: string,
  { status, headers, body, mediaType = jsonType }: Reply,
  statusText: string,
): string {
  const lines = [
    `HTTP/1.1 ${status} ${statusText}`,
    `content-type: ${mediaType}`,
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${requestId}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    "connection: close",
  ];
  return `${lines.join("\r\n")}\r\n\r\n${body}`;
}
