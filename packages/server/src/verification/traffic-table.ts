/** What one server knows of traffic: what the store had, and what it has counted since. No I/O. */
import { provenForMs } from "@antryk/contract";
import { Memory } from "../model/memory.ts";
import {
  addTraffic,
  fadedTraffic,
  type TrafficIncrement,
  type TrafficPlace,
  type TrafficRow,
  withTraffic,
} from "../model/traffic.ts";
import { ordinaryRate, pumpingEvidence } from "../policy/evidence.ts";
import type { PlaceState } from "../policy/guard.ts";
import { servicePlace } from "../policy/places.ts";
import type { Standing } from "../policy/standing.ts";

/** Places of a service at most: beyond that those that nobody asked for longest are forgotten until they are read again. */
const mostPlaces = 200_000;
/** What ordinary users verify, before anything is known of a service. */
const usualRate = 0.6;
/**
 * Counts are stored once they have grown by this share, or have waited so long, ms; a single message to a prefix is not
 * worth a write: what it says is in the places around it.
 */
const storedFrom = { share: 0.1, least: 2, waitedMs: 60_000 };
/** Counts are weighed again once they have changed by this share. */
const weighedShare = 0.01;
/** A country to which messages went for so long has an ordinary rate of its own, ms. */
const countryKnownAfterMs = 24 * 3_600_000;
/** Two numbers of a prefix that are no further apart are close. */
const closeBy = 3;

type Mutable<Row> = { -readonly [Field in keyof Row]: Row[Field] };

interface Entry {
  row: Mutable<TrafficRow>;
  /** Counted here and not stored yet. */
  pending: Mutable<TrafficIncrement>;
  /** Since when something has been pending, Unix ms; 0: nothing is. */
  pendingSince: number;
  /** What the counts say, as of when they came to `weighed` messages and codes. */
  evidence: number;
  weighed: number;
  /** Where what is ordinary is looked up. */
  ordinary: TrafficPlace;
  underWay: number;
  sequence: number;
  /** The last four digits of the newest number. */
  tail: number;
}

export class TrafficTable implements Omit<Standing, "isFailing" | "newcomers"> {
  /** By service and place. */
  readonly #entries = new Map<string, Memory<Entry>>();
  readonly #changed = new Set<Entry>();

  isProven(serviceId: string, prefix: string, now: number): boolean {
    return this.#verifiedAt(serviceId, `p${prefix}`) > now - provenForMs;
  }

  hasProven(serviceId: string, now: number): boolean {
    return this.#verifiedAt(serviceId, servicePlace) > now - provenForMs;
  }

  state(serviceId: string, place: TrafficPlace): PlaceState | undefined {
    const entry = this.#entries.get(serviceId)?.get(place);
    if (!entry) return undefined;
    const { row, underWay, sequence } = entry;
    return {
      evidence: this.#evidenceOf(entry),
      underWay,
      sequence,
      isVerified: row.verifiedAt > 0,
      sent: row.sent,
      firstAt: row.firstAt,
      blockedUntil: row.blockedUntil,
      strikes: row.strikes,
    };
  }

  /** The share of codes that ordinary users of the place verify. */
  ordinaryRate(serviceId: string, ordinary: TrafficPlace, now: number): number {
    const countsOf = (place: TrafficPlace, firstBefore: number) => {
      const row = this.#entries.get(serviceId)?.get(place)?.row;
      return row && row.firstAt <= firstBefore ? fadedTraffic(row, now) : { sent: 0, verified: 0 };
    };
    // What comes from a country that is new may all be pumped: it has nothing ordinary of its own.
    const ofService = ordinaryRate(countsOf(servicePlace, now), usualRate);
    return ordinaryRate(countsOf(ordinary, now - countryKnownAfterMs), ofService);
  }

  /** A message to this number is under way. */
  underWay(serviceId: string, place: TrafficPlace, to: string, now: number): void {
    const entry = this.#entry(serviceId, place, now);
    const tail = Number(to.slice(-4));
    const isClose = entry.tail >= 0 && tail !== entry.tail && Math.abs(tail - entry.tail) <= closeBy;
    entry.sequence = isClose ? entry.sequence + 1 : 0;
    entry.tail = tail;
    entry.underWay += 1;
  }

  arrived(serviceId: string, place: TrafficPlace): void {
    const entry = this.#entries.get(serviceId)?.get(place);
    if (entry) entry.underWay = Math.max(0, entry.underWay - 1);
  }

  /** `ordinary`: where what is ordinary is looked up. `now`: Unix ms. */
  add(increment: TrafficIncrement, ordinary: TrafficPlace, now: number): void {
    const entry = this.#entry(increment.serviceId, increment.place, now);
    addTraffic(entry.row, increment, now);
    addPending(entry, increment, now);
    this.#changed.add(entry);
    entry.ordinary = ordinary;
  }

  /** What the store has now, with what is still pending here. */
  learn(row: TrafficRow, ordinaryOf: (place: TrafficPlace) => TrafficPlace, now: number): void {
    const isNew = this.#entries.get(row.serviceId)?.get(row.place) === undefined;
    const entry = this.#entry(row.serviceId, row.place, now);
    const { block: _, ...pending } = entry.pending;
    entry.row = withTraffic(row, pending, Math.max(now, row.at));
    if (isNew) entry.ordinary = ordinaryOf(row.place);
  }

  /** Takes out what is worth being stored; with `all` also what has not waited long. */
  take(now: number, all: boolean): TrafficIncrement[] {
    const taken: TrafficIncrement[] = [];
    for (const entry of this.#changed) {
      const isOld = all || now - entry.pendingSince >= storedFrom.waitedMs;
      const isTaken = isOld ? isWorthAWrite(entry) : hasGrown(entry);
      if (isTaken || isOld) this.#changed.delete(entry);
      if (!isTaken) continue;
      taken.push(entry.pending);
      entry.pending = nothing(entry.row);
      entry.pendingSince = 0;
    }
    return taken;
  }

  /** They could not be stored. */
  putBack(increments: readonly TrafficIncrement[], now: number): void {
    for (const increment of increments) {
      const entry = this.#entry(increment.serviceId, increment.place, now);
      addPending(entry, increment, now);
      // Next time they are stored at once.
      entry.pendingSince = now - storedFrom.waitedMs;
      this.#changed.add(entry);
    }
  }

  /** What a place's counts say of it. */
  evidence(serviceId: string, place: TrafficPlace): number {
    const entry = this.#entries.get(serviceId)?.get(place);
    return entry ? this.#evidenceOf(entry) : 0;
  }

  #evidenceOf(entry: Entry): number {
    const { row, ordinary, weighed } = entry;
    const counted = row.sent + row.verified;
    // Where there is much, one more changes nothing.
    if (Math.abs(counted - weighed) <= weighed * weighedShare) return entry.evidence;
    entry.weighed = counted;
    entry.evidence = pumpingEvidence(row, this.ordinaryRate(row.serviceId, ordinary, row.at));
    return entry.evidence;
  }

  #verifiedAt(serviceId: string, place: TrafficPlace): number {
    return this.#entries.get(serviceId)?.get(place)?.row.verifiedAt ?? 0;
  }

  #entry(serviceId: string, place: TrafficPlace, now: number): Entry {
    let places = this.#entries.get(serviceId);
    if (!places) {
      places = new Memory<Entry>(mostPlaces);
      this.#entries.set(serviceId, places);
    }
    let entry = places.use(place);
    if (!entry) {
      const none = { serviceId, place, sent: 0, verified: 0, verifiedAt: 0 };
      const row = withTraffic(undefined, none, now);
      const of = { evidence: 0, weighed: 0, ordinary: servicePlace };
      entry = { row, pending: none, pendingSince: 0, ...of, underWay: 0, sequence: 0, tail: -1 };
      places.set(place, entry);
    }
    return entry;
  }
}

function addPending(entry: Entry, { sent, verified, verifiedAt, block }: TrafficIncrement, now: number): void {
  const { pending } = entry;
  pending.sent += sent;
  pending.verified += verified;
  if (verifiedAt > pending.verifiedAt) pending.verifiedAt = verifiedAt;
  if (block) pending.block = block;
  if (entry.pendingSince === 0) entry.pendingSince = now;
}

function isWorthAWrite({ pending, row }: Entry): boolean {
  const isNarrow = row.place.startsWith("p") || row.place.startsWith("q");
  return (
    pending.block !== undefined || pending.verified > 0 || pending.sent >= (isNarrow ? storedFrom.least - 0.01 : 0)
  );
}

function hasGrown({ pending, row }: Entry): boolean {
  const grown = pending.sent + pending.verified;
  return (
    pending.block !== undefined || grown >= Math.max(storedFrom.least * 2, (row.sent + row.verified) * storedFrom.share)
  );
}

function nothing({ serviceId, place }: TrafficRow): Mutable<TrafficIncrement> {
  return { serviceId, place, sent: 0, verified: 0, verifiedAt: 0 };
}
