/** What is known of messages by where they went, and where they were asked for from; and how that adds up and fades. */
import { guard } from "@antryk/contract";

/**
 * What is counted by itself, in one service. The first letter says what it is: `p` a prefix (a number without its last
 * four digits), `q` a shorter beginning, `c` a country, `n` a network of end users' addresses, `b` the ordinary traffic
 * of a country, `s` that of the service.
 */
export type TrafficPlace = string;

/** Fractions, because old messages count less. */
export interface TrafficCounts {
  /** Messages whose users have had the time to type the code. */
  readonly sent: number;
  /** Codes that were verified. */
  readonly verified: number;
}

/** As the store keeps it. Times are Unix ms. */
export interface TrafficRow extends TrafficCounts {
  readonly serviceId: string;
  readonly place: TrafficPlace;
  /** When it was last added to. */
  readonly at: number;
  /** When it was first added to. */
  readonly firstAt: number;
  /** When a code was last verified; 0: never. */
  readonly verifiedAt: number;
  /** The guard's block; 0: it was never blocked. */
  readonly blockedUntil: number;
  /** How many blocks there were in a row. */
  readonly strikes: number;
}

/** What a server adds. */
export interface TrafficIncrement extends TrafficCounts {
  readonly serviceId: string;
  readonly place: TrafficPlace;
  /** When a code was last verified, Unix ms; 0: none was. */
  readonly verifiedAt: number;
  /** A block that begins: what has led to it counts less from now on, so that another one needs something new. */
  readonly block?: Pick<TrafficRow, "blockedUntil" | "strikes">;
}

/** The counts as they are at `now`: halved each half-life. */
export function fadedTraffic(
  { sent, verified, at }: TrafficCounts & { readonly at: number },
  now: number,
): TrafficCounts {
  const left = 0.5 ** (Math.max(0, now - at) / guard.halfLifeMs);
  return { sent: sent * left, verified: verified * left };
}

export function withTraffic(before: TrafficRow | undefined, increment: TrafficIncrement, now: number): TrafficRow {
  const { serviceId, place } = increment;
  const none = { serviceId, place, sent: 0, verified: 0, at: now, firstAt: now };
  const row = before ? { ...before } : { ...none, verifiedAt: 0, blockedUntil: 0, strikes: 0 };
  addTraffic(row, increment, now);
  return row;
}

/** The same, in place. */
export function addTraffic(
  row: { -readonly [Field in keyof TrafficRow]: TrafficRow[Field] },
  { sent, verified, verifiedAt, block }: Omit<TrafficIncrement, "serviceId" | "place">,
  now: number,
): void {
  const left = now > row.at ? 0.5 ** ((now - row.at) / guard.halfLifeMs) : 1;
  row.sent = row.sent * left + sent;
  row.verified = row.verified * left + verified;
  if (now > row.at) row.at = now;
  if (verifiedAt > row.verifiedAt) row.verifiedAt = verifiedAt;
  if (!block) return;
  row.sent *= guard.leftAfterBlock;
  row.verified *= guard.leftAfterBlock;
  row.blockedUntil = Math.max(row.blockedUntil, block.blockedUntil);
  row.strikes = block.strikes;
}
