/** One place as one server knows it: what the store had, and what was counted here since. No I/O. */
import {
  addTraffic,
  type TrafficCounts,
  type TrafficIncrement,
  type TrafficPlace,
  type TrafficRow,
} from "../model/traffic.ts";
import { pumpingEvidence } from "../policy/evidence.ts";
import type { PlaceState } from "../policy/guard.ts";

/** Counts are weighed again once they have changed by this share. */
const weighedShare = 0.01;
/** Two numbers of a prefix that are no further apart are close. */
const closeBy = 3;

/** What is counted of one message or code. */
export type Counted = Pick<TrafficIncrement, "sent" | "verified" | "verifiedAt" | "block">;

/** Flat, because there are many of them. Times are Unix ms. */
export class KnownPlace implements PlaceState, TrafficRow {
  readonly serviceId: string;
  readonly place: TrafficPlace;
  sent = 0;
  verified = 0;
  at: number;
  firstAt: number;
  verifiedAt = 0;
  blockedUntil = 0;
  strikes = 0;

  /** What the counts said when they were weighed. */
  evidence = 0;
  underWay = 0;
  sequence = 0;
  /** Where what is ordinary is looked up. */
  ordinary: TrafficPlace;

  /** Counted here and not stored yet; since when, 0: nothing is. */
  readonly pending: { -readonly [Field in keyof Counted]: Counted[Field] } = { sent: 0, verified: 0, verifiedAt: 0 };
  pendingSince = 0;
  /** It stands in the list of what is stored next. */
  isDue = false;

  /** Messages and codes, when they were weighed. */
  #weighed = 0;
  /** The last four digits of the newest number; -1: there was none. */
  #tail = -1;

  constructor(serviceId: string, place: TrafficPlace, ordinary: TrafficPlace, now: number) {
    this.serviceId = serviceId;
    this.place = place;
    this.ordinary = ordinary;
    this.at = now;
    this.firstAt = now;
  }

  get isVerified(): boolean {
    return this.verifiedAt > 0;
  }

  add(counted: Counted, now: number): void {
    addTraffic(this, counted, now);
    this.pend(counted, now);
  }

  /** Keeps it for the store. */
  pend({ sent, verified, verifiedAt, block }: Counted, now: number): void {
    const { pending } = this;
    pending.sent += sent;
    pending.verified += verified;
    if (verifiedAt > pending.verifiedAt) pending.verifiedAt = verifiedAt;
    if (block) pending.block = block;
    if (this.pendingSince === 0) this.pendingSince = now;
  }

  /** Takes out what is to be stored. */
  takePending(): TrafficIncrement {
    const { serviceId, place, pending } = this;
    const taken = { serviceId, place, ...pending };
    pending.sent = 0;
    pending.verified = 0;
    pending.verifiedAt = 0;
    delete pending.block;
    this.pendingSince = 0;
    return taken;
  }

  /** What the store has now, with what is still pending here. */
  learn(row: TrafficRow, now: number): void {
    this.sent = row.sent;
    this.verified = row.verified;
    this.at = row.at;
    this.firstAt = row.firstAt;
    this.verifiedAt = row.verifiedAt;
    this.blockedUntil = row.blockedUntil;
    this.strikes = row.strikes;
    const { block: _, ...pending } = this.pending;
    addTraffic(this, pending, Math.max(now, row.at));
  }

  /** Where there is much, one more changes nothing. */
  get mustBeWeighed(): boolean {
    return Math.abs(this.sent + this.verified - this.#weighed) > this.#weighed * weighedShare;
  }

  weigh(ordinaryRate: number): void {
    this.#weighed = this.sent + this.verified;
    this.evidence = pumpingEvidence(this as TrafficCounts, ordinaryRate);
  }

  /** A message to a number with this end is under way. */
  depart(to: string): void {
    const tail = Number(to.slice(-4));
    const isClose = this.#tail >= 0 && tail !== this.#tail && Math.abs(tail - this.#tail) <= closeBy;
    this.sequence = isClose ? this.sequence + 1 : 0;
    this.#tail = tail;
    this.underWay += 1;
  }

  arrive(): void {
    this.underWay = Math.max(0, this.underWay - 1);
  }
}
