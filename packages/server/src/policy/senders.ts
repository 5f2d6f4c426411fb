/** What a message comes from, as operators name it on a service or in a route. Loads nothing. */
import type { Route, Service } from "../model/service.ts";

/** Longer than any id of a gateway's own, such as the ARN of a number. */
const longest = 256;

/** What is wrong with a sender, whatever the gateway; `undefined`: nothing. */
export function senderTextProblem(sender: string): string | undefined {
  if (sender !== sender.trim() || !/^[\x20-\x7e]+$/.test(sender) || /[[\],]/.test(sender) || sender.length > longest)
    return `a sender has 1 to ${longest} ASCII characters without brackets and commas`;
  return undefined;
}

/** The sender that a route names for one of its gateways. */
export function senderIn({ senders }: Pick<Route, "senders">, gateway: string): string | undefined {
  return senders && Object.hasOwn(senders, gateway) ? senders[gateway] : undefined;
}

/** The sender of a service's messages through a gateway of the route; `undefined`: the gateway's own. */
export function senderFor(
  { sender }: Pick<Service, "sender">,
  route: Pick<Route, "senders">,
  gateway: string,
): string | undefined {
  return senderIn(route, gateway) ?? sender ?? undefined;
}

/** Whether only Indian numbers take this route, so that a sender in it is a header that is registered with DLT. */
export function isIndianRoute({ match }: Pick<Route, "match">): boolean {
  return match === "IN" || match.startsWith("+91");
}
