/** One attack against one defence, beside ordinary traffic, told in figures. */
import { guardRules, type Service } from "../../packages/server/src/model/service.ts";
import { attackOf } from "./attacks.ts";
import { marketsOf, type Wish, wishesOf } from "./people.ts";
import { Random } from "./random.ts";
import { Rig } from "./rig.ts";

const hour = 3_600_000;
/** A day that the service has known, then the day with the attack. */
const attackFrom = 30 * hour;
const until = 48 * hour;
const perHour = 500;
/** Steps of the simulation, ms: what happens within one is sent at once. */
const stepMs = 5_000;
/** How often the server shares what it knows, ms; a real one does so every two seconds. */
const upkeepMs = 60_000;
/** It is detected once of so many of its messages in a row half were refused. */
const detectedWithin = 20;

export interface Figures {
  readonly name: string;
  /** Share of the attack's money that was not spent, 0 to 1. */
  readonly moneyStopped: number;
  /** The same from the detection on; 0 if there was none. */
  readonly moneyStoppedAfterDetection: number;
  /** Share of ordinary sends that were refused from the beginning of the attack on. */
  readonly legitimateRefused: number;
  /** From the attack's first message; null: never. */
  readonly secondsToDetection: number | null;
  /** How much of the attack's money had been stopped at each twentieth of its messages. */
  readonly curve: readonly number[];
}

export type Defence = "guard" | "limit" | "countries";

/** What each defence sets on the service; `served`: the countries that have users. */
function settingsOf(defence: Defence, served: readonly string[]): Partial<Service> {
  const off = Object.fromEntries(guardRules.map((rule) => [rule, "off"])) as Service["guard"];
  const enforce = Object.fromEntries(guardRules.map((rule) => [rule, "enforce"])) as Service["guard"];
  if (defence === "guard") return { guard: enforce };
  const bare = { guard: off, newPrefixLimits: [] };
  if (defence === "limit") return { ...bare, prefixLimits: [{ count: 30, windowMs: hour }] };
  return { ...bare, countries: served };
}

interface Happening {
  readonly at: number;
  readonly wish: Wish;
  readonly isAttack: boolean;
  readonly what: "send" | "verify";
}

export async function run(seed: number, name: string, defence: Defence): Promise<Figures> {
  // Only the guard learns from what was before.
  const knows = defence === "guard";
  const markets = marketsOf(new Random(seed, "markets"), 0);
  const networkFrom = 1 + Math.max(...markets.flatMap(({ networks }) => networks));
  const scene = { random: new Random(seed, name), markets, from: attackFrom, networkFrom };
  const attack = attackOf(name, scene).wishes;
  const ordinary = [
    ...wishesOf(markets, new Random(seed, "people"), { from: knows ? 0 : attackFrom - hour, until, perHour }),
  ];
  const happenings = [
    ...ordinary.map((wish): Happening => ({ at: wish.at, wish, isAttack: false, what: "send" })),
    ...attack.map((wish): Happening => ({ at: wish.at, wish, isAttack: true, what: "send" })),
  ].sort((a, b) => a.at - b.at);
  const tally = new Tally();
  const rig = new Rig(
    settingsOf(
      defence,
      markets.map(({ country }) => country.code),
    ),
  );
  try {
    await play(rig, happenings, tally);
  } finally {
    await rig.close();
  }
  return tally.figures(name);
}

async function play(rig: Rig, happenings: readonly Happening[], tally: Tally): Promise<void> {
  const first = happenings[0]?.at ?? 0;
  const start = rig.clock.now() - first;
  const due: Happening[] = [...happenings];
  const later: Happening[] = [];
  let next = 0;
  for (let now = first; next < due.length || later.length > 0; now += stepMs) {
    rig.clock.advance(start + now - rig.clock.now());
    const works: Promise<void>[] = [];
    for (let each = later[0]; each && each.at <= now; each = later[0]) {
      later.shift();
      works.push(rig.verify(each.wish.to, each.wish.clientIp, true).then(() => undefined));
    }
    for (let each = due[next]; each && each.at <= now; each = due[next]) {
      next += 1;
      const { wish, isAttack } = each;
      works.push(
        rig.send(wish.to, wish.clientIp).then(async (outcome) => {
          if (outcome !== "pending") tally.add(each, outcome === "sent");
          if (outcome === "sent" && wish.verifiesAfterMs !== undefined)
            insert(later, { at: now + wish.verifiesAfterMs, wish, isAttack, what: "verify" });
          for (let n = 0; outcome === "sent" && n < (wish.guesses ?? 0); n += 1)
            await rig.verify(wish.to, wish.clientIp, false);
        }),
      );
    }
    await Promise.all(works);
    if (Math.floor(now / upkeepMs) > Math.floor((now - stepMs) / upkeepMs)) await rig.upkeep();
  }
}

/** Keeps the list in order of time. */
function insert(list: Happening[], happening: Happening): void {
  let at = list.length;
  while (at > 0 && (list[at - 1]?.at ?? 0) > happening.at) at -= 1;
  list.splice(at, 0, happening);
}

class Tally {
  readonly #attack: { readonly at: number; readonly price: number; readonly left: boolean }[] = [];
  #ordinary = 0;
  #ordinaryRefused = 0;

  add({ at, wish, isAttack }: Happening, left: boolean): void {
    if (isAttack) this.#attack.push({ at, price: wish.country.price, left });
    else if (at >= attackFrom) {
      this.#ordinary += 1;
      if (!left) this.#ordinaryRefused += 1;
    }
  }

  figures(name: string): Figures {
    const all = this.#attack;
    const detected = all.findIndex((_, end) => {
      const last = all.slice(Math.max(0, end - detectedWithin + 1), end + 1);
      return last.length === detectedWithin && last.filter(({ left }) => !left).length * 2 >= detectedWithin;
    });
    const first = all[0]?.at ?? 0;
    const step = Math.max(1, Math.floor(all.length / 20));
    return {
      name,
      moneyStopped: stopped(all),
      moneyStoppedAfterDetection: detected < 0 ? 0 : stopped(all.slice(detected)),
      legitimateRefused: this.#ordinaryRefused / Math.max(1, this.#ordinary),
      secondsToDetection: detected < 0 ? null : Math.round(((all[detected]?.at ?? first) - first) / 1_000),
      curve: Array.from({ length: 20 }, (_, n) => stopped(all.slice(0, (n + 1) * step))),
    };
  }
}

function stopped(messages: readonly { readonly price: number; readonly left: boolean }[]): number {
  const sum = (only: typeof messages) => only.reduce((total, { price }) => total + price, 0);
  return messages.length === 0 ? 0 : sum(messages.filter(({ left }) => !left)) / sum(messages);
}
