/** The block and allow lists as a send is judged by them: a snapshot, read without I/O. */
import type { ListEntry } from "../model/list-entry.ts";
import { spellingsOf } from "./spellings.ts";

type Listed = Pick<ListEntry, "list" | "match" | "serviceId" | "until">;

export class Lists {
  /** Entries by what they match. */
  readonly #entries = new Map<string, Listed[]>();

  constructor(entries: readonly Listed[]) {
    for (const entry of entries) this.#entries.set(entry.match, [...(this.#entries.get(entry.match) ?? []), entry]);
  }

  /**
   * What the lists say of a number, in whichever spelling of it: the entry decides that leaves the fewest of its digits
   * open, and of two that leave as many the one that allows. `now`: Unix ms.
   */
  find(to: string, serviceId: string, now: number): ListEntry["list"] | undefined {
    if (this.#entries.size === 0) return undefined;
    const spellings = spellingsOf(to);
    for (let open = 0; open < longestNumber; open += 1) {
      const found = spellings.flatMap((spelling) => this.#matching(spelling, open, serviceId, now));
      if (found.length > 0) return found.some(({ list }) => list === "allow") ? "allow" : "block";
    }
    return undefined;
  }

  /** Entries that match all of the spelling but its last `open` digits; the plus alone matches nothing. */
  #matching(spelling: string, open: number, serviceId: string, now: number): readonly Listed[] {
    const end = spelling.length - open;
    if (end < 2) return [];
    return this.#entries.get(spelling.slice(0, end))?.filter((entry) => counts(entry, serviceId, now)) ?? [];
  }
}

/** Of E.164 with its plus. */
const longestNumber = 16;

export const noLists = new Lists([]);

function counts({ serviceId: own, until }: Listed, serviceId: string, now: number): boolean {
  return (own === null || own === serviceId) && (until === null || until > now);
}
