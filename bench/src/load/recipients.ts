/** Recipients as they come: mobile numbers of several countries, each once in a run, in no order. */
import { randomInt } from "node:crypto";

/** Country code and first digits, random digits after them, share of the traffic in percent. */
const plans: readonly (readonly [prefixes: readonly string[], digits: number, share: number])[] = [
  [["+917", "+918", "+919", "+916"], 9, 45],
  [["+12122", "+13103", "+14154", "+16465", "+17136", "+19177"], 6, 15],
  [["+4474", "+4475", "+4477", "+4478", "+4479"], 8, 10],
  [["+6281", "+6285"], 9, 10],
  [["+55119", "+55219"], 8, 10],
  [["+234803", "+234806"], 7, 5],
  [["+49151", "+49157", "+49170", "+49176"], 8, 5],
];

const byPercent = plans.flatMap(([prefixes, digits, share]) =>
  new Array<[readonly string[], number]>(share).fill([prefixes, digits]),
);

export class Recipients {
  readonly #given = new Set<string>();

  /** Recipients that were not given before, E.164. */
  take(count: number): string[] {
    const taken: string[] = [];
    while (taken.length < count) {
      const recipient = randomRecipient();
      if (this.#given.has(recipient)) continue;
      this.#given.add(recipient);
      taken.push(recipient);
    }
    return taken;
  }
}

function randomRecipient(): string {
  const [prefixes, digits] = byPercent[randomInt(byPercent.length)] ?? [[], 0];
  // The first random digit is not 0: such a number would be shorter in some plans.
  return `${prefixes[randomInt(prefixes.length)]}${randomInt(10 ** (digits - 1), 10 ** digits)}`;
}

/** In random order. */
export function shuffled<T>(values: readonly T[]): T[] {
  return values
    .map((value) => ({ value, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value);
}
