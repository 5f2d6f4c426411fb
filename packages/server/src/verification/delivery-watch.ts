/**
 * Whether codes arrive at all. If those of prefixes that are beyond suspicion stop coming back, a gateway or a carrier
 * fails, and nothing can be told from codes that do not come back elsewhere. Counted here, by country and lately. No I/O.
 */

/** Counts half after this time, ms: a failure must be noticed before its victims look like pumpers. */
const halfLifeMs = 10 * 60_000;
/** Fewer messages say nothing. */
const fewest = 8;
/** Of what is ordinary, so much must come back. */
const leastShare = 0.5;

interface Lately {
  sent: number;
  verified: number;
  at: number;
}

export class DeliveryWatch {
  readonly #lately = new Map<string, Lately>();

  /** A message to a prefix that is beyond suspicion, once its user has had the time to type the code. */
  sent(serviceId: string, country: string, now: number): void {
    for (const each of this.#of(serviceId, country, now)) each.sent += 1;
  }

  verified(serviceId: string, country: string, now: number): void {
    for (const each of this.#of(serviceId, country, now)) each.verified += 1;
  }

  /** Codes of the country hardly come back, or, if too few are sent there, those of the service. */
  isFailing(serviceId: string, country: string, ordinary: number, now: number): boolean {
    const [own, all] = this.#of(serviceId, country, now);
    const seen = own && own.sent >= fewest ? own : all;
    return seen !== undefined && seen.sent >= fewest && seen.verified < seen.sent * ordinary * leastShare;
  }

  #of(serviceId: string, country: string, now: number): Lately[] {
    return [`${serviceId} ${country}`, serviceId].map((name) => {
      const lately = this.#lately.get(name) ?? { sent: 0, verified: 0, at: now };
      const left = 0.5 ** (Math.max(0, now - lately.at) / halfLifeMs);
      lately.sent *= left;
      lately.verified *= left;
      lately.at = Math.max(now, lately.at);
      this.#lately.set(name, lately);
      return lately;
    });
  }
}
