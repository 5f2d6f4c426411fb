/**
 * The guard against pumping: messages to numbers whose owners only earn on them. It weighs how codes of a prefix, of
 * wider beginnings, of a country and of a client's network come back against what is ordinary there. Pure: what is known
 * comes in by `Known`, and a block that begins goes out in the suspicion. (docs/abuse.md)
 */
import { guard } from "@antryk/contract";
import type { GuardRule } from "../model/service.ts";
import type { TrafficPlace, TrafficRow } from "../model/traffic.ts";
import { type Places, servicePlace } from "./places.ts";

/** What is known of one place, as of now. */
export interface PlaceState extends Pick<TrafficRow, "firstAt" | "blockedUntil" | "strikes"> {
  /** Evidence of pumping by its conversion (evidence.ts); 0: nothing is known. */
  readonly evidence: number;
  /** Messages that were handed over so lately that most users can't have typed the code yet. */
  readonly underWay: number;
  /** How many numbers in a row were close to the one before. */
  readonly sequence: number;
  /** Whether anything was verified there, ever. */
  readonly isVerified: boolean;
  /** Messages that count in it. */
  readonly sent: number;
}

export interface Known {
  /** `undefined`: nothing is known of the place. */
  readonly state: (place: TrafficPlace) => PlaceState | undefined;
  /** Of ordinary messages, which share is asked for from a network that was never seen before; 0 to 1. */
  readonly newcomers: number;
}

export interface Suspicion {
  readonly rule: GuardRule;
  /** Where the traffic is blocked. */
  readonly place: TrafficPlace;
  /** What was weighed, and what it takes to refuse. */
  readonly observed: number;
  readonly threshold: number;
  /** Until when the place is blocked, Unix ms. */
  readonly until: number;
  /** A block that begins with this message; undefined: there was one. */
  readonly begins: Pick<TrafficRow, "blockedUntil" | "strikes"> | undefined;
}

/** Odds of 1 to 1,100 against ordinary traffic: pumping is held for possible in one message of some hundreds. */
export const suspicionFrom = 7;
/** Wider places hold more that is innocent, and there are many ways to look at traffic: they must say more. */
const widerPenalty = [1.5, 2, 2.5];
const countryPenalty = 4;
/** The most that a wider place says of one number: what its prefix says for it can still outweigh it. */
const widerMost = 9.5;
/** From this on a prefix vouches for its numbers, and says nothing of the places around it. */
export const vouchedBelow = -3;
/** Each number in a row that is close to the one before, and the most that they say together. */
const perSequential = 1.6;
const sequenceMost = 6;
const burstFrom = 25;
const burstEvidence = 3;
const newPrefixEvidence = 0.5;

/** A place is new for so long, if the service is older, ms. */
const newForMs = 24 * 3_600_000;
/** That it is new speaks against a place whose codes do not come back. */
const newPlaceEvidence = 3;
/** How much a prefix vouches for its numbers at most, while there is an attack around it. */
const prefixMost = 4;
/** A network of users: what is blocked by its numbers alone is not blocked for it. */
const usersNetworkBelow = -2.5;
/** How much where the user is says at most, either way. */
const networkMost = 3;

/** `undefined`: nothing speaks against the message. `now`: Unix ms. */
export function suspicionOf(places: Places, known: Known, now: number): Suspicion | undefined {
  const prefix = known.state(places.prefix);
  const network = places.network === undefined ? undefined : known.state(places.network);
  if (network && places.network !== undefined) {
    const blocked = blockOf(places.network, network, now);
    if (blocked) return blocked;
    if (network.evidence >= suspicionFrom)
      return begins({ sum: network.evidence, rule: "client" }, places.network, network, now);
  }
  const byNumber = ownEvidence(prefix);
  const byNetwork = clamp(network?.evidence ?? 0, -networkMost, networkMost);
  // Ordinary users may have numbers among those that are pumped.
  const standing = prefix && byNetwork > usersNetworkBelow ? blockOf(places.prefix, prefix, now) : undefined;
  if (standing) return standing;
  const own = byNumber.sum + byNetwork;
  if (own >= suspicionFrom) return begins({ ...byNumber, sum: own }, places.prefix, prefix, now);
  const isNewcomer = places.network !== undefined && network === undefined;
  const ofUser = isNewcomer ? newcomerEvidence(known.newcomers) : byNetwork;
  return suspicionAround(places, known, clamp(prefix?.evidence ?? 0, -prefixMost, 0) + ofUser, now);
}

/** `ofNumber`: what the number's prefix and its user's network say. */
function suspicionAround(places: Places, known: Known, ofNumber: number, now: number): Suspicion | undefined {
  if (ofNumber + widerMost < suspicionFrom) return undefined;
  const beginning = known.state(servicePlace)?.firstAt ?? now;
  for (const [index, place] of [...places.wider, places.country].entries()) {
    const state = known.state(place);
    if (!state) continue;
    const blocked = blockOf(place, state, now);
    if (blocked) return blocked;
    const penalty = place === places.country ? countryPenalty : (widerPenalty[index] ?? countryPenalty);
    const isNew = state.firstAt > now - newForMs && beginning < state.firstAt - newForMs;
    const around = state.evidence - penalty + (isNew && state.evidence > 0 ? newPlaceEvidence : 0);
    const sum = Math.min(widerMost, around) + ofNumber;
    if (sum >= suspicionFrom) return begins({ sum, rule: "conversion" }, place, state, now);
  }
  return undefined;
}

/** Most pumpers come from networks that nobody knows; the fewer users do, the more it says. */
function newcomerEvidence(share: number): number {
  return clamp(Math.log(0.6 / Math.max(0.02, share)), 0, networkMost);
}

interface Weighed {
  readonly sum: number;
  readonly rule: GuardRule;
}

/** What a prefix says by itself, and what says most of it. */
function ownEvidence(prefix: PlaceState | undefined): Weighed {
  if (!prefix) return { sum: newPrefixEvidence, rule: "conversion" };
  const { evidence, underWay, sequence, isVerified } = prefix;
  const bySequence = Math.min(sequenceMost, perSequential * sequence);
  const byBurst = !isVerified && underWay >= burstFrom ? burstEvidence + Math.log2(underWay / burstFrom) : 0;
  const sum = evidence + bySequence + byBurst + (isVerified ? 0 : newPrefixEvidence);
  if (evidence >= suspicionFrom || (bySequence === 0 && byBurst === 0)) return { sum, rule: "conversion" };
  return { sum, rule: bySequence >= byBurst ? "sequence" : "burst" };
}

function blockOf(place: TrafficPlace, { blockedUntil, evidence }: PlaceState, now: number): Suspicion | undefined {
  if (blockedUntil <= now) return undefined;
  const rule = place.startsWith("n") ? "client" : "conversion";
  return { rule, place, observed: evidence, threshold: suspicionFrom, until: blockedUntil, begins: undefined };
}

function begins({ sum, rule }: Weighed, place: TrafficPlace, state: PlaceState | undefined, now: number): Suspicion {
  const isForgiven = state === undefined || state.blockedUntil + guard.forgiveMs < now;
  const strikes = isForgiven ? 0 : state.strikes;
  const blockedUntil = now + Math.min(guard.blockMs.most, guard.blockMs.first * 2 ** strikes);
  const block = { blockedUntil, strikes: strikes + 1 };
  return { rule, place, observed: sum, threshold: suspicionFrom, until: blockedUntil, begins: block };
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
