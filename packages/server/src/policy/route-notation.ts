/** Routes and names of gateways as operators write them. Loads nothing: the command line reads routes with it too. */
import type { Route } from "../model/service.ts";
import { senderIn, senderTextProblem } from "./senders.ts";

const namePattern = /^[a-z0-9][a-z0-9-]{0,39}$/;

export function isGatewayName(name: string): boolean {
  return namePattern.test(name);
}

/** One gateway of a route, and in brackets what messages through it come from. */
interface Target {
  readonly gateway: string;
  readonly sender: string | undefined;
}

/** `MATCH=GATEWAY,…`, behind a gateway its `[SENDER]`, at the end `+timeout`; a string says why it is no route. */
export function parseRoute(text: string): Route | string {
  const [, match = "", list = "", timeout] =
    /^\s*([^=\s]+)\s*=\s*((?:[^+[\]]|\[[^[\]]*\])+?)\s*(\+timeout)?\s*$/.exec(text) ?? [];
  if (list === "")
    return `"${text}" is not a route: write MATCH=GATEWAY,GATEWAY…, such as IN=msg91,twilio or IN=ib[ACMEIN],tw+timeout`;
  if (!/^(\*|\+[1-9]\d{0,14}|[A-Z]{2})$/.test(match))
    return `"${match}" matches nothing: use *, a prefix such as +9198, or a country such as IN`;
  // A comma between brackets is refused as a part of the sender.
  const targets = list.split(/,(?![^[]*\])/).map(toTarget);
  const bad = targets.find(({ gateway }) => !isGatewayName(gateway));
  if (bad !== undefined) return `"${bad.gateway}" is no gateway's name: it must be 1 to 40 of a-z, 0-9 and -`;
  const gateways = targets.map(({ gateway }) => gateway);
  if (new Set(gateways).size < gateways.length) return `"${text}" names a gateway twice`;
  const named = targets.flatMap(({ gateway, sender }) => (sender === undefined ? [] : [[gateway, sender] as const]));
  for (const [gateway, sender] of named) {
    const wrong = senderTextProblem(sender);
    if (wrong !== undefined) return `"${gateway}[${sender}]": ${wrong}`;
  }
  const senders = named.length > 0 ? { senders: Object.fromEntries(named) } : {};
  return { match, gateways, ...senders, failoverOnTimeout: timeout !== undefined };
}

function toTarget(text: string): Target {
  const [, gateway = text.trim(), sender] = /^\s*([^\s[\]]+)\s*\[([^[\]]*)\]\s*$/.exec(text) ?? [];
  return { gateway, sender: sender?.trim() };
}

export function formatRoute(route: Route): string {
  const targets = route.gateways.map((gateway) => {
    const sender = senderIn(route, gateway);
    return sender === undefined ? gateway : `${gateway}[${sender}]`;
  });
  return `${route.match}=${targets.join(",")}${route.failoverOnTimeout ? "+timeout" : ""}`;
}
