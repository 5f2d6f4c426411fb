/** What only this machine may read (the sandbox's messages, the gateways' state), and not through a forwarder. */
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

/** Names that a browser can't be made to send by another site's DNS. */
const localHost = /^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/i;

/** Whether an address to listen on is reachable from this machine only. */
export function isLoopbackHost(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

export function isReadableHere({ socket, headers }: IncomingMessage, listening: AddressInfo | undefined): boolean {
  if (!listening || !isLoopbackHost(listening.address)) return false;
  if (!isLoopbackHost((socket.remoteAddress ?? "").replace(/^::ffff:/, ""))) return false;
  if (!localHost.test(headers.host ?? "")) return false;
  return !Object.keys(headers).some((name) => name === "forwarded" || name.startsWith("x-forwarded-"));
}
