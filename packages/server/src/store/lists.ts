/** The block and allow lists, over any engine's documents. */
import { retention } from "@antryk/contract";
import type { ListEntry } from "../model/list-entry.ts";
import { change } from "./configuration.ts";
import type { DocumentChange, Engine, StoredDocument } from "./engine.ts";
import type { ListStore } from "./ports/lists.ts";

const kind = "list";

export function listsOver(engine: Engine): ListStore {
  const { documents } = engine;
  const entries = async () => (await documents.list(kind)).map(toEntry);
  return {
    putListEntry: (entry, atMost) =>
      change(documents, async () => {
        const all = await entries();
        const over = all.filter(({ until }) => until !== null && until + retention.historyMs < engine.now());
        const same = all.filter(
          ({ list, match, serviceId }) => list === entry.list && match === entry.match && serviceId === entry.serviceId,
        );
        const removed = new Set([...over, ...same]);
        if (all.length - removed.size >= atMost) return { outcome: false };
        return { outcome: true, changes: [...[...removed].map(removal), documentOf(entry)] };
      }),
    removeListEntries: ({ list, match }, serviceId) =>
      change(documents, async () => {
        const found = (await entries()).filter(
          (entry) =>
            entry.list === list && entry.match === match && (serviceId === undefined || entry.serviceId === serviceId),
        );
        return found.length === 0 ? { outcome: 0 } : { outcome: found.length, changes: found.map(removal) };
      }),
    listEntries: entries,
  };
}

function documentOf({ id, createdAt, ...rest }: ListEntry): DocumentChange {
  return { kind, id, accountId: null, createdAt, body: JSON.stringify(rest) };
}

function removal(entry: ListEntry): DocumentChange {
  return { ...documentOf(entry), body: null };
}

function toEntry({ id, createdAt, body }: StoredDocument): ListEntry {
  return { ...(JSON.parse(body) as Omit<ListEntry, "id" | "createdAt">), id, createdAt };
}
