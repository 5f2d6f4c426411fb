/** What is known of places when a message is judged: a snapshot, read without I/O. */
import type { TrafficPlace } from "../model/traffic.ts";
import type { PlaceState, Suspicion } from "./guard.ts";

export interface Standing {
  /** A code of the service for a number of this prefix was verified within seven days. `now`: Unix ms. */
  isProven(serviceId: string, prefix: string, now: number): boolean;
  /** The service has proven prefixes. */
  hasProven(serviceId: string, now: number): boolean;
  /** What the guard goes by; undefined: nothing is known of the place. */
  state(serviceId: string, place: TrafficPlace, now: number): PlaceState | undefined;
  /** Of ordinary messages, which share is asked for from a network that was never seen before; 0 to 1. */
  newcomers(serviceId: string): number;
  /** Codes that go there hardly arrive: that one does not come back says nothing. `country`: as in charges.ts. */
  isFailing(serviceId: string, country: string, now: number): boolean;
}

/** Nothing is known yet. */
export const noStanding: Standing = {
  isProven: () => false,
  hasProven: () => false,
  state: () => undefined,
  newcomers: () => 1,
  isFailing: () => false,
};

/** What is told of messages, so that there is something to know. `network`: the widest of the end user's address. */
export interface TrafficFollower extends Standing {
  sent(serviceId: string, to: string, network: string | undefined): void;
  verified(serviceId: string, to: string, network: string | undefined): void;
  /** Somebody tried wrong codes until none was compared any more. */
  guessed(serviceId: string, to: string, network: string | undefined): void;
  /** The guard blocks the suspicion's place from now on, if it begins with it. */
  block(serviceId: string, to: string, suspicion: Suspicion): void;
}

/** Follows nothing. */
export const noTraffic: TrafficFollower = {
  ...noStanding,
  sent: () => undefined,
  verified: () => undefined,
  guessed: () => undefined,
  block: () => undefined,
};
