/** Which gateways a recipient's messages go through. No I/O. */
import { parsePhoneNumberFromString } from "libphonenumber-js";
import type { Route } from "../model/service.ts";

/** The longest matching prefix, else the number's country, else `*`. */
export function routeFor(routes: readonly Route[], recipient: string): Route | undefined {
  let best: Route | undefined;
  for (const route of routes) {
    if (
      route.match.startsWith("+") &&
      recipient.startsWith(route.match) &&
      route.match.length > (best?.match.length ?? 0)
    )
      best = route;
  }
  if (best) return best;
  const country = routes.some(({ match }) => /^[A-Z]{2}$/.test(match))
    ? parsePhoneNumberFromString(recipient)?.country
    : undefined;
  return routes.find(({ match }) => match === country) ?? routes.find(({ match }) => match === "*");
}
