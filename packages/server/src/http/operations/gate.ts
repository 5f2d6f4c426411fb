/**
 * Who may read what is on the operations listener. On a loopback address: this machine, by a name that another site's
 * DNS can't give it, and no page of another site. Anywhere else: who has the token.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

/** Names that a browser can't be made to send by another site's DNS. */
const localHost = /^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/i;

/** Fields that proxies add: what they forward does not come from this machine. */
const forwarders = /^(forwarded|via|x-forwarded-.*|x-real-ip|true-client-ip|x-client-ip|cf-.*|fastly-.*|fly-.*)$/;

/** Whether an address to listen on is reachable from this machine only. */
export function isLoopbackHost(host: string): boolean {
  return host === "localhost" || host === "::1" || /^(::ffff:)?127(\.\d{1,3}){3}$/.test(host);
}

/** An error otherwise: `not_found` to those who must not learn what is here, `invalid_credentials` without the token. */
export function mayRead(
  { socket, headers }: IncomingMessage,
  listening: AddressInfo | string | null,
  token: string | undefined,
): "yes" | "not_found" | "invalid_credentials" {
  if (hasToken(headers, token)) return "yes";
  if (listening === null || typeof listening === "string" || !isLoopbackHost(listening.address))
    return "invalid_credentials";
  if (!isLoopbackHost(socket.remoteAddress ?? "") || !localHost.test(headers.host ?? "")) return "not_found";
  if (Object.keys(headers).some((name) => forwarders.test(name))) return "not_found";
  return isOfAnotherSite(headers) ? "not_found" : "yes";
}

/** Whether the request brings the token; never, if there is none. */
export function hasToken({ authorization = "" }: IncomingMessage["headers"], token: string | undefined): boolean {
  const [, given] = /^Bearer +(\S+)$/i.exec(authorization) ?? [];
  return token !== undefined && given !== undefined && isSame(given, token);
}

/** A browser says where a request comes from: the Fetch Metadata headers, and Origin (RFC 6454 §7) in older ones. */
function isOfAnotherSite(headers: IncomingMessage["headers"]): boolean {
  const site = headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin" && site !== "none") return true;
  const { origin } = headers;
  return origin !== undefined && origin.toLowerCase() !== `http://${headers.host?.toLowerCase()}`;
}

/** Takes as long for a difference in the first character as for one in the last. */
function isSame(one: string, other: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
