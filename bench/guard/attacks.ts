/**
 * Attacks as they were published (Twilio "SMS pumping", GSMA FS.11 on artificially inflated traffic, OWASP's cheat
 * sheet on multifactor authentication, reports of operators 2022–2025). What of each differs from seed to seed.
 */
import type { Market, Wish } from "./people.ts";
import type { Random } from "./random.ts";
import { addressIn, anyNumber, type Country, havens } from "./world.ts";

export interface Attack {
  readonly name: string;
  readonly wishes: readonly Wish[];
}

export interface Scene {
  readonly random: Random;
  readonly markets: readonly Market[];
  /** When it begins, ms. */
  readonly from: number;
  /** /24s that no user is in, from this number on. */
  readonly networkFrom: number;
}

const minute = 60_000;
const hour = 60 * minute;

interface Flood {
  readonly country: Country;
  readonly messages: number;
  readonly lastsMs: number;
  /** The next number. */
  readonly number: () => string;
  readonly clientIp: () => string;
  /** How many of its codes pumpers type in. */
  readonly conversion?: number;
  readonly guesses?: number;
}

function flood({ random, from }: Scene, { country, messages, lastsMs, ...how }: Flood): Wish[] {
  const { number, clientIp, conversion = 0, guesses = 0 } = how;
  const times = Array.from({ length: messages }, () => from + random.next() * lastsMs).sort((a, b) => a - b);
  return times.map((at) => ({
    at,
    to: number(),
    clientIp: clientIp(),
    country,
    verifiesAfterMs: random.chance(conversion) ? 3_000 + random.lognormal(12_000, 0.5) : undefined,
    guesses,
  }));
}

/** Addresses of a pool of /24s. */
function pool({ random, networkFrom }: Scene, networks: number): () => string {
  return () => addressIn(networkFrom + Math.floor(random.next() * networks), random);
}

/** Ranges of ten thousand numbers that lie together in some larger blocks, as they are rented. */
function rented(random: Random, country: Country, ranges: number, blocks: number): string[] {
  const larger = Array.from({ length: blocks }, () => anyNumber(country, random).slice(0, -6));
  return Array.from({ length: ranges }, () => `${random.one(larger)}${random.digits(2)}`);
}

const inRange = (random: Random, range: string) => `${range}${random.digits(4)}`;

/** By name, how each is made. */
const kinds: Readonly<Record<string, (scene: Scene) => Wish[]>> = {
  "burst on one range": (scene) => {
    const { random } = scene;
    const country = random.one(havens);
    const range = anyNumber(country, random).slice(0, -4);
    return flood(scene, {
      country,
      messages: random.whole(1_500, 6_000),
      lastsMs: random.between(5 * minute, 40 * minute),
      number: () => inRange(random, range),
      clientIp: pool(scene, random.whole(3, 300)),
    });
  },
  "low and slow over many ranges": (scene) => {
    const { random } = scene;
    const country = random.one(havens);
    const ranges = rented(random, country, random.whole(60, 400), random.whole(1, 6));
    const lastsMs = random.between(8 * hour, 14 * hour);
    return flood(scene, {
      country,
      messages: Math.round((random.between(150, 500) * lastsMs) / hour),
      lastsMs,
      number: () => inRange(random, random.one(ranges)),
      clientIp: pool(scene, random.whole(50, 800)),
    });
  },
  "rotating addresses": (scene) => {
    const { random, networkFrom } = scene;
    const country = random.one(havens);
    const ranges = rented(random, country, random.whole(8, 60), random.whole(1, 3));
    let address = 0;
    return flood(scene, {
      country,
      messages: random.whole(2_500, 7_000),
      lastsMs: random.between(1 * hour, 4 * hour),
      number: () => inRange(random, random.one(ranges)),
      // Each message from another network.
      clientIp() {
        address += 1;
        return addressIn(networkFrom + address, random);
      },
    });
  },
  "hidden in a country with users": (scene) => {
    const { random, markets } = scene;
    const { country } = random.one(markets.slice(0, 3));
    const ranges = rented(random, country, random.whole(20, 120), random.whole(1, 4));
    const lastsMs = random.between(3 * hour, 8 * hour);
    return flood(scene, {
      country,
      messages: Math.round((random.between(250, 900) * lastsMs) / hour),
      lastsMs,
      number: () => inRange(random, random.one(ranges)),
      clientIp: pool(scene, random.whole(50, 600)),
    });
  },
  "pumpers that verify": (scene) => {
    const { random } = scene;
    const country = random.one(havens);
    const ranges = rented(random, country, random.whole(10, 80), random.whole(1, 4));
    return flood(scene, {
      country,
      messages: random.whole(2_000, 6_000),
      lastsMs: random.between(2 * hour, 6 * hour),
      number: () => inRange(random, random.one(ranges)),
      clientIp: pool(scene, random.whole(20, 400)),
      conversion: random.between(0.05, 0.3),
    });
  },
  "numbers in a row": (scene) => {
    const { random } = scene;
    const country = random.one(havens);
    const start = anyNumber(country, random).slice(0, -5);
    let tail = random.whole(0, 80_000);
    return flood(scene, {
      country,
      messages: random.whole(1_500, 6_000),
      lastsMs: random.between(30 * minute, 5 * hour),
      number() {
        tail = (tail + random.whole(1, 2)) % 100_000;
        return `${start}${String(tail).padStart(5, "0")}`;
      },
      clientIp: pool(scene, random.whole(10, 400)),
    });
  },
  "random numbers of a country": (scene) => {
    const { random } = scene;
    const country = random.one(havens);
    return flood(scene, {
      country,
      messages: random.whole(2_000, 6_000),
      lastsMs: random.between(1 * hour, 6 * hour),
      number: () => anyNumber(country, random),
      clientIp: pool(scene, random.whole(20, 500)),
    });
  },
  "bombing of victims": (scene) => {
    const { random, markets } = scene;
    const { country, users } = random.one(markets.slice(0, 3));
    const victims = Array.from({ length: random.whole(10, 60) }, () => random.one(users).to);
    return flood(scene, {
      country,
      messages: victims.length * random.whole(60, 150),
      lastsMs: random.between(2 * hour, 8 * hour),
      number: () => random.one(victims),
      clientIp: pool(scene, random.whole(3, 40)),
    });
  },
  "guessing over many numbers": (scene) => {
    const { random, markets } = scene;
    const { country, users } = random.one(markets.slice(0, 3));
    return flood(scene, {
      country,
      messages: random.whole(1_500, 4_000),
      lastsMs: random.between(2 * hour, 6 * hour),
      number: () => random.one(users).to,
      clientIp: pool(scene, random.whole(3, 60)),
      guesses: 5,
    });
  },
};

export const attackNames: readonly string[] = Object.keys(kinds);

export function attackOf(name: string, scene: Scene): Attack {
  const kind = kinds[name];
  if (!kind) throw new Error(`there is no attack ${name}`);
  return { name, wishes: kind(scene) };
}
