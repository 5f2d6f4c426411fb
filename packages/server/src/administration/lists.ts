/** Block and allow lists, as operators change them. */
import { randomUUID } from "node:crypto";
import type { ListEntry } from "../model/list-entry.ts";
import type { Store } from "../store/port.ts";
import { nameProblem } from "./names.ts";
import { type Problem, problem, type Unknown } from "./outcomes.ts";

/** Entries of both lists at most: each server keeps all of them in memory. */
export const listEntriesAtMost = 10_000;

export interface NewListEntry extends Pick<ListEntry, "list" | "match"> {
  readonly serviceId?: string | undefined;
  /** For how long it counts, ms; undefined: until it is removed. */
  readonly forMs?: number | undefined;
  readonly reason?: string | undefined;
}

/** `unknown`: there is no such service. */
export async function addListEntry(
  store: Store,
  { list, match, serviceId, forMs, reason }: NewListEntry,
): Promise<{ readonly kind: "entry"; readonly entry: ListEntry } | Unknown | Problem> {
  const wrong = matchProblem(match) ?? (reason === undefined ? undefined : nameProblem(reason));
  if (wrong !== undefined) return problem(wrong);
  const service = serviceId === undefined ? null : await store.findService(serviceId.toLowerCase());
  if (service === undefined) return { kind: "unknown" };
  const now = store.now();
  const entry: ListEntry = {
    id: randomUUID(),
    list,
    match,
    serviceId: service?.id ?? null,
    until: forMs === undefined ? null : now + forMs,
    reason: reason ?? null,
    createdAt: now,
  };
  if (await store.putListEntry(entry, listEntriesAtMost)) return { kind: "entry", entry };
  return problem(`there are ${listEntriesAtMost} entries already: remove some, or list a shorter beginning`);
}

/** How many entries there were; those of all services if none is named. */
export async function removeListEntry(
  store: Store,
  entry: Pick<ListEntry, "list" | "match">,
  serviceId: string | undefined,
): Promise<number> {
  return store.removeListEntries(entry, serviceId?.toLowerCase());
}

function matchProblem(match: string): string | undefined {
  if (/^\+[1-9]\d{0,14}$/.test(match)) return undefined;
  return `"${match}" is neither a number nor what numbers begin with: write + and 1 to 15 digits, such as +9198760`;
}
