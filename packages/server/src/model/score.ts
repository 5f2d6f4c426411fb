/** What is learned of gateways, and how it fades. */
import { learning } from "@antryk/contract";

/** Messages and how many of them were verified; fractions, because old ones count less. */
export interface Counts {
  readonly sent: number;
  readonly verified: number;
}

/** What a server adds to a gateway's counts. */
export interface ScoreIncrement extends Counts {
  readonly serviceId: string;
  /** Calling code of the recipients' country, without the plus. */
  readonly callingCode: string;
  /** The gateway's name. */
  readonly gateway: string;
}

/** A gateway's counts as they were at `at`, Unix ms. */
export interface GatewayScore extends Counts {
  readonly callingCode: string;
  readonly gateway: string;
  readonly at: number;
}

/** The counts as they are at `now`: halved each half-life. */
export function faded({ sent, verified, at }: Counts & { readonly at: number }, now: number): Counts {
  const left = 0.5 ** (Math.max(0, now - at) / learning.halfLifeMs);
  return { sent: sent * left, verified: verified * left };
}
