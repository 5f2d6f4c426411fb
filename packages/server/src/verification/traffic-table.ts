/** What one server knows of traffic: what the store had, and what it has counted since. No I/O. */
import { provenForMs } from "@antryk/contract";
import { LRUCache } from "lru-cache";
import {
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

/** Places at most: beyond that those that nobody asked for longest are forgotten until they are read again. */
const mostPlaces = 200_000;
/** What ordinary users verify, before anything is known of a service. */
const usualRate = 0.6;
/** Counts are stored once they have grown by this share, or have waited so long, ms. */
const storedFrom = { share: 0.1, least: 2, waitedMs: 60_000 };
/** Two numbers of a prefix that are no further apart are close. */
const closeBy = 3;

interface Entry {
  row: TrafficRow;
  /** Counted here and not stored yet. */
  pending: TrafficIncrement;
  /** Since when something has been pending, Unix ms; 0: nothing is. */
  pendingSince: number;
  evidence: number;
  underWay: number;
  sequence: number;
  /** The last four digits of the newest number. */
  tail: number;
}

export class TrafficTable implements Omit<Standing, "isFailing" | "newcomers"> {
  readonly #entries = new LRUCache<string, Entry>({ max: mostPlaces });
  readonly #changed = new Set<Entry>();

  isProven(serviceId: string, prefix: string, now: number): boolean {
    return this.#verifiedAt(serviceId, `p${prefix}`) > now - provenForMs;
  }

  hasProven(serviceId: string, now: number): boolean {
    return this.#verifiedAt(serviceId, servicePlace) > now - provenForMs;
  }

  state(serviceId: string, place: TrafficPlace): PlaceState | undefined {
    const entry = this.#entries.get(nameOf(serviceId, place));
    if (!entry) return undefined;
    const { row, evidence, underWay, sequence } = entry;
    return {
      evidence,
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
    const countsOf = (place: TrafficPlace) => {
      const row = this.#entries.get(nameOf(serviceId, place))?.row;
      return row ? fadedTraffic(row, now) : { sent: 0, verified: 0 };
    };
    return ordinaryRate(countsOf(ordinary), ordinaryRate(countsOf(servicePlace), usualRate));
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
    const entry = this.#entries.get(nameOf(serviceId, place));
    if (entry) entry.underWay = Math.max(0, entry.underWay - 1);
  }

  /** `country`: where what is ordinary is looked up. `now`: Unix ms. */
  add(increment: TrafficIncrement, ordinary: TrafficPlace, now: number): void {
    const { serviceId, place } = increment;
    const entry = this.#entry(serviceId, place, now);
    entry.row = withTraffic(entry.row, increment, now);
    const { pending } = entry;
    entry.pending = {
      ...increment,
      sent: pending.sent + increment.sent,
      verified: pending.verified + increment.verified,
      verifiedAt: Math.max(pending.verifiedAt, increment.verifiedAt),
      ...(increment.block ? { block: increment.block } : pending.block && { block: pending.block }),
    };
    if (entry.pendingSince === 0) entry.pendingSince = now;
    this.#changed.add(entry);
    entry.evidence = pumpingEvidence(entry.row, this.ordinaryRate(serviceId, ordinary, now));
  }

  /** What the store has now, with what is still pending here. */
  learn(row: TrafficRow, ordinary: TrafficPlace, now: number): void {
    const entry = this.#entry(row.serviceId, row.place, now);
    const { block: _, ...pending } = entry.pending;
    entry.row = withTraffic(row, pending, Math.max(now, row.at));
    entry.evidence = pumpingEvidence(entry.row, this.ordinaryRate(row.serviceId, ordinary, now));
  }

  /** Takes out what is worth being stored; everything with `all`. */
  take(now: number, all: boolean): TrafficIncrement[] {
    const taken: TrafficIncrement[] = [];
    for (const entry of this.#changed) {
      if (!all && !isWorthStoring(entry, now)) continue;
      this.#changed.delete(entry);
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
      const { pending } = entry;
      entry.pending = {
        ...increment,
        ...pending,
        sent: pending.sent + increment.sent,
        verified: pending.verified + increment.verified,
        verifiedAt: Math.max(pending.verifiedAt, increment.verifiedAt),
      };
      if (entry.pendingSince === 0) entry.pendingSince = now;
      this.#changed.add(entry);
    }
  }

  #verifiedAt(serviceId: string, place: TrafficPlace): number {
    return this.#entries.get(nameOf(serviceId, place))?.row.verifiedAt ?? 0;
  }

  #entry(serviceId: string, place: TrafficPlace, now: number): Entry {
    const name = nameOf(serviceId, place);
    let entry = this.#entries.get(name);
    if (!entry) {
      const none = { serviceId, place, sent: 0, verified: 0, verifiedAt: 0 };
      const row = withTraffic(undefined, none, now);
      entry = { row, pending: none, pendingSince: 0, evidence: 0, underWay: 0, sequence: 0, tail: -1 };
      this.#entries.set(name, entry);
    }
    return entry;
  }
}

function isWorthStoring({ pending, pendingSince, row }: Entry, now: number): boolean {
  if (pending.block || now - pendingSince >= storedFrom.waitedMs) return true;
  // The first verified code proves the place, which other servers should know.
  if (pending.verified > 0 && row.verified - pending.verified < 1) return true;
  return pending.sent + pending.verified >= Math.max(storedFrom.least, (row.sent + row.verified) * storedFrom.share);
}

function nothing({ serviceId, place }: TrafficRow): TrafficIncrement {
  return { serviceId, place, sent: 0, verified: 0, verifiedAt: 0 };
}

function nameOf(serviceId: string, place: TrafficPlace): string {
  return `${serviceId} ${place}`;
}
