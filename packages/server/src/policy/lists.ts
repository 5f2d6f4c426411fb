/** The block and allow lists as a send is judged by them: a snapshot, read without I/O. */
import type { ListEntry } from "../model/list-entry.ts";

type Listed = Pick<ListEntry, "list" | "match" | "serviceId" | "until">;

export class Lists {
  /** Entries by what they match. */
  readonly #entries = new Map<string, Listed[]>();

  constructor(entries: readonly Listed[]) {
    for (const entry of entries) this.#entries.set(entry.match, [...(this.#entries.get(entry.match) ?? []), entry]);
  }

  /**
   * What the lists say of a number: the entry decides that matches most of it, and of two that match as much the one
   * that allows. `now`: Unix ms.
   */
  find(to: string, serviceId: string, now: number): ListEntry["list"] | undefined {
    if (this.#entries.size === 0) return undefined;
    for (let end = to.length; end > 1; end -= 1) {
      const found = this.#entries.get(to.slice(0, end))?.filter((entry) => counts(entry, serviceId, now));
      if (found?.length) return found.some(({ list }) => list === "allow") ? "allow" : "block";
    }
    return undefined;
  }
}

export const noLists = new Lists([]);

function counts({ serviceId: own, until }: Listed, serviceId: string, now: number): boolean {
  return (own === null || own === serviceId) && (until === null || until > now);
}
