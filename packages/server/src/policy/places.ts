/** By which places the traffic of a message is counted. Pure. */
import type { TrafficPlace } from "../model/traffic.ts";
import { callingCodeOf } from "./number-plan.ts";

/** The places of a message, the narrowest beginning of the number first. */
export interface Places {
  /** The number without its last four digits. */
  readonly prefix: TrafficPlace;
  /** Without five, six and seven of them; a short number has fewer. */
  readonly wider: readonly TrafficPlace[];
  readonly country: TrafficPlace;
  /** What ordinary traffic of the country looks like. */
  readonly ordinary: TrafficPlace;
  /** Where the end user is; undefined: it is not known. */
  readonly network: TrafficPlace | undefined;
}

/** Everything of the service. */
export const servicePlace: TrafficPlace = "s";

/** `country`: ISO 3166-1 alpha-2, or a calling code. `network`: the widest network of the end user's address. */
export function placesOf(to: string, country: string, network: string | undefined): Places {
  const wider: TrafficPlace[] = [];
  // A beginning that is hardly longer than the calling code says no more than the country.
  const shortest = 1 + (callingCodeOf(to)?.length ?? 0) + 2;
  for (const cut of [5, 6, 7]) if (to.length - cut >= shortest) wider.push(`q${to.slice(0, -cut)}`);
  return {
    prefix: `p${to.slice(0, -4)}`,
    wider,
    country: `c${country}`,
    ordinary: `b${country}`,
    network: network === undefined ? undefined : `n${network}`,
  };
}
