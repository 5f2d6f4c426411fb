/** Ordinary users: who asks for codes, when, from where, and how often the code comes back. */
import type { Random } from "./random.ts";
import { addressIn, anyNumber, type Country, markets } from "./world.ts";

/** Somebody who wants a code. Times are ms since the beginning. */
export interface Wish {
  readonly at: number;
  readonly to: string;
  readonly clientIp: string;
  readonly country: Country;
  /** When the right code comes back, ms after the send; undefined: never. */
  readonly verifiesAfterMs: number | undefined;
  /** Wrong codes that are tried, at once. */
  readonly guesses?: number;
}

export interface Market {
  readonly country: Country;
  /** Its part of the messages, 0 to 1. */
  readonly share: number;
  /** How many of its codes come back. */
  readonly conversion: number;
  /** Hours by which its day is ahead. */
  readonly ahead: number;
  readonly users: readonly { readonly to: string; readonly network: number }[];
  /** /24s, the busiest first: mobile carriers share theirs among very many. */
  readonly networks: readonly number[];
}

const hour = 3_600_000;
/** Of those whose code did not come back, so many ask again. */
const askAgain = 0.35;

export function marketsOf(random: Random, networkFrom: number): Market[] {
  const chosen = [...markets].sort(() => random.next() - 0.5).slice(0, random.whole(5, 9));
  const weights = chosen.map((_, rank) => 1 / (rank + 1) ** 1.1);
  const sum = weights.reduce((all, weight) => all + weight, 0);
  let next = networkFrom;
  return chosen.map((country, rank) => {
    const share = (weights[rank] ?? 0) / sum;
    const networks = Array.from({ length: Math.ceil(400 * share) + 20 }, () => next++);
    // People come in blocks of numbers: a carrier fills one before it opens the next.
    const blocks = Array.from({ length: Math.ceil(6_000 * share) + 20 }, () => anyNumber(country, random).slice(0, -4));
    const users = Array.from({ length: Math.ceil(30_000 * share) }, () => ({
      to: `${random.one(blocks)}${random.digits(4)}`,
      network: networks[random.ranked(networks.length)] ?? 0,
    }));
    return { country, share, conversion: random.between(0.45, 0.92), ahead: random.whole(-8, 9), users, networks };
  });
}

/** Users' wishes from `from` to `until`, `perHour` on the mean of a day. */
export function* wishesOf(
  all: readonly Market[],
  random: Random,
  { from, until, perHour }: { readonly from: number; readonly until: number; readonly perHour: number },
): Generator<Wish> {
  for (const market of all) {
    let at = from;
    for (;;) {
      const clock = ((at / hour + market.ahead) % 24) * (Math.PI / 12);
      const rhythm = 1 - 0.75 * Math.cos(clock);
      at += random.wait(hour / (perHour * market.share * Math.max(0.15, rhythm)));
      if (at >= until) break;
      yield* wishes(market, random, at);
    }
  }
}

function* wishes({ country, conversion, users, networks }: Market, random: Random, first: number): Generator<Wish> {
  const { to, network } = random.one(users);
  // Now and then people are elsewhere.
  const clientIp = addressIn(random.chance(0.9) ? network : random.one(networks), random);
  let at = first;
  for (let n = 0; n < 3; n += 1) {
    const comesBack = random.chance(conversion);
    const verifiesAfterMs = comesBack ? Math.min(290_000, 4_000 + random.lognormal(16_000, 0.7)) : undefined;
    yield { at, to, clientIp, country, verifiesAfterMs };
    if (comesBack || !random.chance(askAgain)) return;
    at += 300_000 + random.wait(120_000);
  }
}
