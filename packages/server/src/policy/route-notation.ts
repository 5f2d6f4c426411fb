/** Routes and names of gateways as operators write them. Loads nothing: the command line reads routes with it too. */
import type { Route } from "../model/service.ts";

const namePattern = /^[a-z0-9][a-z0-9-]{0,39}$/;

export function isGatewayName(name: string): boolean {
  return namePattern.test(name);
}

/** `MATCH=GATEWAY[,GATEWAY…][+timeout]`, such as `IN=msg91,twilio` or `*=a,b+timeout`; a string says why not. */
export function parseRoute(text: string): Route | string {
  const [, match = "", list = "", timeout] = /^\s*([^=\s]+)\s*=\s*([^+]+?)\s*(\+timeout)?\s*$/.exec(text) ?? [];
  if (list === "") return `"${text}" is not a route: write MATCH=GATEWAY[,GATEWAY…][+timeout], such as IN=msg91,twilio`;
  if (!/^(\*|\+[1-9]\d{0,14}|[A-Z]{2})$/.test(match))
    return `"${match}" matches nothing: use *, a prefix such as +9198, or a country such as IN`;
  const gateways = list.split(",").map((name) => name.trim());
  const bad = gateways.find((name) => !isGatewayName(name));
  if (bad !== undefined) return `"${bad}" is no gateway's name: it must be 1 to 40 of a-z, 0-9 and -`;
  if (new Set(gateways).size < gateways.length) return `"${text}" names a gateway twice`;
  return { match, gateways, failoverOnTimeout: timeout !== undefined };
}

export function formatRoute({ match, gateways, failoverOnTimeout }: Route): string {
  return `${match}=${gateways.join(",")}${failoverOnTimeout ? "+timeout" : ""}`;
}
