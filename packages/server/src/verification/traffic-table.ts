/** What one server knows of traffic: what the store had, and what it has counted since. No I/O. */
import { provenForMs } from "@antryk/contract";
import { Fifo } from "../model/fifo.ts";
import { Memory } from "../model/memory.ts";
import { fadedTraffic, type TrafficIncrement, type TrafficPlace, type TrafficRow } from "../model/traffic.ts";
import { ordinaryRate } from "../policy/evidence.ts";
import { type Places, servicePlace } from "../policy/places.ts";
import { type Counted, KnownPlace } from "./traffic-place.ts";

/** Places of a service at most: beyond that those that nobody asked for longest are forgotten until they are read again. */
const mostPlaces = 200_000;
/** What ordinary users verify, before anything is known of a service. */
const usualRate = 0.6;
/**
 * Counts are stored once they have grown by this share, or have waited so long, ms; a single message to a prefix is not
 * worth a write: what it says is in the places around it.
 */
const storedFrom = { share: 0.1, least: 2, waitedMs: 60_000 };
/** A country to which messages went for so long has an ordinary rate of its own, ms. */
const countryKnownAfterMs = 24 * 3_600_000;

const nothing: Counted = { sent: 0, verified: 0, verifiedAt: 0 };

/** The places of one message, as far as anything is known of them. */
export interface FoundPlaces {
  readonly prefix: KnownPlace | undefined;
  readonly wider: readonly (KnownPlace | undefined)[];
  readonly network: KnownPlace | undefined;
}

/** What is known of one service. */
interface Known {
  readonly places: Memory<KnownPlace>;
  /** What is ordinary, by country, and in all: few, and never forgotten. */
  readonly ordinary: Map<TrafficPlace, KnownPlace>;
}

export class TrafficTable {
  readonly #services = new Map<string, Known>();
  /** What is stored next. */
  #due: KnownPlace[] = [];
  /** What has begun to wait for being stored, the oldest first. */
  readonly #waiting = new Fifo<{ readonly known: KnownPlace; readonly since: number }>();

  isProven(serviceId: string, prefix: string, now: number): boolean {
    return (this.find(serviceId, `p${prefix}`)?.verifiedAt ?? 0) > now - provenForMs;
  }

  hasProven(serviceId: string, now: number): boolean {
    return (this.find(serviceId, servicePlace)?.verifiedAt ?? 0) > now - provenForMs;
  }

  find(serviceId: string, place: TrafficPlace): KnownPlace | undefined {
    const service = this.#services.get(serviceId);
    return service && (isOrdinaryPlace(place) ? service.ordinary.get(place) : service.places.get(place));
  }

  /** `ordinary`: where what is ordinary is looked up, if the place is new. `now`: Unix ms. */
  at(serviceId: string, place: TrafficPlace, ordinary: TrafficPlace, now: number): KnownPlace {
    const { places, ordinary: few } = this.#service(serviceId);
    const isOrdinary = isOrdinaryPlace(place);
    let known = isOrdinary ? few.get(place) : places.use(place);
    if (!known) {
      known = new KnownPlace(serviceId, place, ordinary, now);
      if (isOrdinary) few.set(place, known);
      else places.set(place, known);
    }
    return known;
  }

  findAll(serviceId: string, { prefix, wider, network }: Places): FoundPlaces {
    return {
      prefix: this.find(serviceId, prefix),
      wider: wider.map((place) => this.find(serviceId, place)),
      network: network === undefined ? undefined : this.find(serviceId, network),
    };
  }

  /** The share of codes that ordinary users of the place verify. */
  ordinaryRate(serviceId: string, ordinary: TrafficPlace, now: number): number {
    const few = this.#services.get(serviceId)?.ordinary;
    const countsOf = (place: TrafficPlace, firstBefore: number) => {
      const known = few?.get(place);
      return known && known.firstAt <= firstBefore ? fadedTraffic(known, now) : nothing;
    };
    // What comes from a country that is new may all be pumped: it has nothing ordinary of its own.
    const ofService = ordinaryRate(countsOf(servicePlace, now), usualRate);
    return ordinaryRate(countsOf(ordinary, now - countryKnownAfterMs), ofService);
  }

  /** What a place's counts say of it; 0: nothing. */
  evidence(known: KnownPlace | undefined): number {
    if (!known) return 0;
    if (known.mustBeWeighed) known.weigh(this.ordinaryRate(known.serviceId, known.ordinary, known.at));
    return known.evidence;
  }

  /** `ordinary`: where what is ordinary is looked up. `now`: Unix ms. */
  add(known: KnownPlace, counted: Counted, ordinary: TrafficPlace, now: number): void {
    const isFirst = known.pendingSince === 0;
    known.ordinary = ordinary;
    known.add(counted, now);
    if (isFirst) this.#waiting.push({ known, since: known.pendingSince });
    if (known.isDue) return;
    const hasWaited = now - known.pendingSince >= storedFrom.waitedMs;
    if (hasGrown(known) || (hasWaited && isWorthAWrite(known))) this.#nowDue(known);
  }

  /** What the store has now. */
  learn(row: TrafficRow, ordinaryOf: (place: TrafficPlace) => TrafficPlace, now: number): void {
    const known = this.find(row.serviceId, row.place);
    (known ?? this.at(row.serviceId, row.place, ordinaryOf(row.place), now)).learn(row, now);
  }

  /** Takes out what is worth being stored; with `all` also what has not waited long. */
  take(now: number, all: boolean): TrafficIncrement[] {
    for (let head = this.#waiting.first; head; head = this.#waiting.first) {
      if (!all && now - head.since < storedFrom.waitedMs) break;
      this.#waiting.shift();
      const { known, since } = head;
      if (known.pendingSince === since && !known.isDue && isWorthAWrite(known)) this.#nowDue(known);
    }
    const due = this.#due;
    this.#due = [];
    return due.map((known) => {
      known.isDue = false;
      return known.takePending();
    });
  }

  /** They could not be stored: next time they are. */
  putBack(increments: readonly TrafficIncrement[], now: number): void {
    for (const increment of increments) {
      const known = this.at(increment.serviceId, increment.place, servicePlace, now);
      known.pend(increment, now);
      if (!known.isDue) this.#nowDue(known);
    }
  }

  #nowDue(known: KnownPlace): void {
    known.isDue = true;
    this.#due.push(known);
  }

  #service(serviceId: string): Known {
    let known = this.#services.get(serviceId);
    if (!known) {
      known = { places: new Memory(mostPlaces), ordinary: new Map() };
      this.#services.set(serviceId, known);
    }
    return known;
  }
}

/** That of a country or of the service (model/traffic.ts). */
function isOrdinaryPlace(place: TrafficPlace): boolean {
  return place.startsWith("b") || place === servicePlace;
}

function isWorthAWrite({ pending, place }: KnownPlace): boolean {
  const isNarrow = place.startsWith("p") || place.startsWith("q");
  return (
    pending.block !== undefined || pending.verified > 0 || pending.sent >= (isNarrow ? storedFrom.least - 0.01 : 0)
  );
}

function hasGrown({ pending, sent, verified }: KnownPlace): boolean {
  const grown = pending.sent + pending.verified;
  return pending.block !== undefined || grown >= Math.max(storedFrom.least * 2, (sent + verified) * storedFrom.share);
}
