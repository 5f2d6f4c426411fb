/**
 * Follows what becomes of messages, by the places that they went to and were asked for from, and shares it with the
 * other servers through the store every few seconds. No request waits for it.
 */
import { guard } from "@antryk/contract";
import { Fifo } from "../model/fifo.ts";
import type { TrafficPlace } from "../model/traffic.ts";
import type { Log } from "../observe/log.ts";
import { countryOf } from "../policy/charges.ts";
import { type PlaceState, type Suspicion, vouchedBelow } from "../policy/guard.ts";
import { classOf } from "../policy/number-plan.ts";
import { type Places, placesOf, servicePlace } from "../policy/places.ts";
import type { TrafficFollower } from "../policy/standing.ts";
import type { Store } from "../store/port.ts";
import { DeliveryWatch } from "./delivery-watch.ts";
import type { Counted, KnownPlace } from "./traffic-place.ts";
import { type FoundPlaces, TrafficTable } from "./traffic-table.ts";

export interface TrafficOptions {
  readonly store: Pick<Store, "noteTraffic" | "trafficSince" | "now">;
  readonly log: Log;
  /** The rest between two shares, ms. */
  readonly shareMs?: number;
}

/** What is made of a message by what was known when it was handed over. */
interface Trust {
  /**
   * Its network, or its prefix if no network is known, does not vouch for it: it counts for wider places too. What its
   * network alone explains does not.
   */
  readonly isUntrusted: boolean;
  /** Its prefix and its network are beyond suspicion: it shows whether codes arrive. */
  readonly isBeyondSuspicion: boolean;
}

/** A message that was handed over, until all of it counts. */
interface Handed extends Trust {
  readonly at: number;
  readonly serviceId: string;
  readonly to: string;
  readonly network: string | undefined;
  /** As in charges.ts. */
  readonly country: string;
}

/** At most so many are stored in one step. */
const mostInOneStep = 100;
/** What was stored this long before the last look is looked at again: servers' steps overlap. */
const overlapMs = 3_000;
/** From this evidence on, traffic is not taken for ordinary. */
const doubtedFrom = 2;
/** From this evidence on it is the network's own. */
const ownFrom = 3;
/** How fast the share of newcomers follows. */
const newcomersFollow = 0.0005;
/** After fewer messages it is not known. */
const newcomersKnownFrom = 1_000;
/** Below it a network is one of users. */
const usersBelow = -1.5;

export class Traffic implements TrafficFollower {
  readonly #options: TrafficOptions;
  readonly #table = new TrafficTable();
  readonly #deliveries = new DeliveryWatch();
  /** By service: of ordinary messages, the share from networks that were never seen before. */
  readonly #newcomers = new Map<string, { share: number; seen: number }>();
  /** Messages that do not count yet, the oldest first. */
  readonly #ripening = new Fifo<Handed>();
  #readUntil = 0;
  #timer: NodeJS.Timeout | undefined;
  #sharing: Promise<void> | undefined;

  constructor(options: TrafficOptions) {
    this.#options = options;
  }

  isProven(serviceId: string, prefix: string, now: number): boolean {
    return this.#table.isProven(serviceId, prefix, now);
  }

  hasProven(serviceId: string, now: number): boolean {
    return this.#table.hasProven(serviceId, now);
  }

  state(serviceId: string, place: TrafficPlace, now: number): PlaceState | undefined {
    this.#ripen(now);
    const known = this.#table.find(serviceId, place);
    // It is weighed before it is looked at.
    this.#table.evidence(known);
    return known;
  }

  /** A message was handed over. `network`: the widest network of the end user's address. */
  sent(serviceId: string, to: string, network: string | undefined): void {
    const at = this.#options.store.now();
    const country = countryOf(to, classOf(to));
    const places = placesOf(to, country, network);
    const prefix = this.#table.at(serviceId, places.prefix, servicePlace, at);
    prefix.depart(to);
    const found = this.#table.findAll(serviceId, places);
    if (places.network !== undefined && this.#isOrdinary(found)) {
      const { share, seen } = this.#newcomers.get(serviceId) ?? { share: 1, seen: 0 };
      const follow = Math.max(newcomersFollow, 1 / (seen + 1));
      const isNew = found.network === undefined;
      this.#newcomers.set(serviceId, { share: share + ((isNew ? 1 : 0) - share) * follow, seen: seen + 1 });
    }
    const { isUntrusted, isBeyondSuspicion } = this.#trustIn(found, network !== undefined);
    this.#ripening.push({ at, serviceId, to, network, country, isUntrusted, isBeyondSuspicion });
  }

  /** A code was verified; `network` as it was when it was sent. */
  verified(serviceId: string, to: string, network: string | undefined): void {
    const now = this.#options.store.now();
    const country = countryOf(to, classOf(to));
    const places = placesOf(to, country, network);
    const found = this.#table.findAll(serviceId, places);
    const trust = this.#trustIn(found, network !== undefined);
    if (trust.isBeyondSuspicion) this.#deliveries.verified(serviceId, country, now);
    const isOrdinary = this.#count(serviceId, trust, places, found, { sent: 0, verified: 1, verifiedAt: now }, now);
    if (!isOrdinary) this.#add(serviceId, servicePlace, places, { sent: 0, verified: 0, verifiedAt: now }, now);
  }

  guessed(serviceId: string, to: string, network: string | undefined): void {
    if (network === undefined) return;
    const places = placesIn(to, network);
    const counted = { sent: guard.guessedCounts, verified: 0, verifiedAt: 0 };
    this.#add(serviceId, `n${network}`, places, counted, this.#options.store.now());
  }

  newcomers(serviceId: string): number {
    const { share, seen } = this.#newcomers.get(serviceId) ?? { share: 1, seen: 0 };
    return seen < newcomersKnownFrom ? 1 : share;
  }

  isFailing(serviceId: string, country: string, now: number): boolean {
    return this.#deliveries.isFailing(serviceId, country, this.#table.ordinaryRate(serviceId, `b${country}`, now), now);
  }

  /** A block begins; other servers know of it within seconds. */
  block(serviceId: string, to: string, { place, begins }: Suspicion): void {
    if (!begins) return;
    const counted = { sent: 0, verified: 0, verifiedAt: 0, block: begins };
    this.#add(serviceId, place, placesIn(to, undefined), counted, this.#options.store.now());
  }

  /** Reads what is known. Call it before the first message is judged. */
  async start(): Promise<void> {
    await this.share();
    this.#timer = setInterval(() => {
      this.share().catch(({ message }: Error) =>
        this.#options.log.warn(
          { event: "traffic_not_shared", message },
          "what is known of traffic could not be shared",
        ),
      );
    }, this.#options.shareMs ?? guard.shareMs).unref();
  }

  /** Stores what was counted and reads what others have. */
  share(all = false): Promise<void> {
    this.#sharing ??= this.#share(all).finally(() => {
      this.#sharing = undefined;
    });
    return this.#sharing;
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#sharing?.catch(() => undefined);
    await this.share(true).catch(() => undefined);
  }

  async #share(all: boolean): Promise<void> {
    const { store } = this.#options;
    const now = store.now();
    this.#ripen(now);
    const taken = this.#table.take(now, all);
    for (let from = 0; from < taken.length; from += mostInOneStep) {
      try {
        await store.noteTraffic(taken.slice(from, from + mostInOneStep));
      } catch (fault) {
        this.#table.putBack(taken.slice(from), now);
        throw fault;
      }
    }
    const since = this.#readUntil === 0 ? 0 : this.#readUntil - overlapMs;
    await store.trafficSince(Math.max(since, now - guard.forgetMs), (row) => this.#table.learn(row, ordinaryOf, now));
    this.#readUntil = now;
  }

  /** Messages count once their users have had the time to type the code. */
  #ripen(now: number): void {
    const waiting = this.#ripening;
    for (let handed = waiting.first; handed && handed.at + guard.ripeMs <= now; handed = waiting.first) {
      waiting.shift();
      const { serviceId, to, network, country, isBeyondSuspicion } = handed;
      const places = placesOf(to, country, network);
      const found = this.#table.findAll(serviceId, places);
      found.prefix?.arrive();
      this.#count(serviceId, handed, places, found, { sent: 1, verified: 0, verifiedAt: 0 }, now);
      if (isBeyondSuspicion) this.#deliveries.sent(serviceId, country, now);
    }
  }

  /** `hasNetwork`: the end user's address is known. */
  #trustIn({ prefix, network }: FoundPlaces, hasNetwork: boolean): Trust {
    const isVouched = this.#table.evidence(prefix) < vouchedBelow;
    const ofNetwork = this.#table.evidence(network);
    const isUsersNetwork = !hasNetwork || ofNetwork < usersBelow;
    return {
      isUntrusted: hasNetwork ? !isUsersNetwork && ofNetwork < ownFrom : !isVouched,
      isBeyondSuspicion: isVouched && isUsersNetwork,
    };
  }

  /** Nothing speaks against it by now: it counts for what is ordinary. */
  #isOrdinary({ prefix, wider }: FoundPlaces): boolean {
    if (this.#table.evidence(prefix) >= doubtedFrom) return false;
    return wider.every((known) => this.#table.evidence(known) < doubtedFrom);
  }

  /** Whether it counted for what is ordinary, too. */
  #count(
    serviceId: string,
    { isUntrusted }: Trust,
    places: Places,
    found: FoundPlaces,
    counted: Counted,
    now: number,
  ): boolean {
    const isOrdinary = this.#isOrdinary(found);
    const add = (place: TrafficPlace, known: KnownPlace | undefined) =>
      this.#table.add(known ?? this.#table.at(serviceId, place, places.ordinary, now), counted, places.ordinary, now);
    if (isOrdinary) {
      add(servicePlace, undefined);
      add(places.ordinary, undefined);
    }
    add(places.prefix, found.prefix);
    if (places.network !== undefined) add(places.network, found.network);
    if (!isUntrusted) return isOrdinary;
    for (const [index, place] of places.wider.entries()) add(place, found.wider[index]);
    add(places.country, undefined);
    return isOrdinary;
  }

  #add(serviceId: string, place: TrafficPlace, { ordinary }: Places, counted: Counted, now: number): void {
    this.#table.add(this.#table.at(serviceId, place, ordinary, now), counted, ordinary, now);
  }
}

function placesIn(to: string, network: string | undefined): Places {
  return placesOf(to, countryOf(to, classOf(to)), network);
}

/** What is ordinary at a place of which only its name is known: that of its number's country, else of the service. */
function ordinaryOf(place: TrafficPlace): TrafficPlace {
  if (place.startsWith("c")) return `b${place.slice(1)}`;
  if (!place.startsWith("p") && !place.startsWith("q")) return servicePlace;
  const number = `${place.slice(1)}0000`;
  return `b${countryOf(number, classOf(number))}`;
}
