/** GET /sandbox/messages: readable only from this machine, and not through anything that forwards. */
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { SandboxInbox } from "../providers/sandbox-inbox.ts";
import { errorReply, okReply, type Reply } from "./reply.ts";

/** Names that a browser can't be made to send by another site's DNS. */
const localHost = /^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/i;

/** Whether an address to listen on is reachable from this machine only. */
export function isLoopbackHost(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

export function sandboxMessages(
  inbox: SandboxInbox,
  request: IncomingMessage,
  listening: AddressInfo | undefined,
  to: string | undefined,
): Reply {
  return listening && isLoopbackHost(listening.address) && isLocal(request)
    ? okReply({ messages: inbox.list(to) })
    : errorReply("not_found");
}

function isLocal({ socket, headers }: IncomingMessage): boolean {
  if (!isLoopbackHost((socket.remoteAddress ?? "").replace(/^::ffff:/, ""))) return false;
  if (!localHost.test(headers.host ?? "")) return false;
  return !Object.keys(headers).some((name) => name === "forwarded" || name.startsWith("x-forwarded-"));
}
