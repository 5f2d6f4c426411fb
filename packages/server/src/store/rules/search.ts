/** What a search finds, and how what comes from several places becomes a page. Pure. */
import { uuidFloor, uuidTime } from "../../model/ids.ts";
import type { Found, SearchPage, SearchQuery } from "../../model/search.ts";

/** The smallest id of a time, Unix ms, and one that sorts behind all ids. */
export function firstIdOf(ms: number): string {
  return `${uuidFloor(ms)}-0000-0000-000000000000`;
}
export const behindAll = "ffffffff-ffff-ffff-ffff-ffffffffffff";

/** Ids from `from` on and before `before`. */
export interface IdRange {
  readonly from: string;
  readonly before: string;
}

/** The ids that a query can find. */
export function idsOf({ since = 0, until, before = behindAll }: SearchQuery): IdRange {
  const end = until === undefined ? behindAll : firstIdOf(until);
  return { from: firstIdOf(since), before: before < end ? before : end };
}

/** Part of what a search looks through. */
export interface Stream {
  readonly found: readonly Found[];
  /** It may have more before this id; "": it has none. */
  readonly completeFrom: string;
}

/** A stream out of rows that were asked for newest first; `limit`: how many were asked for. */
export function streamOf(found: readonly (Found | undefined)[], ids: readonly string[], limit: number): Stream {
  return {
    found: found.filter((each) => each !== undefined),
    completeFrom: ids.length < limit ? "" : (ids.at(-1) ?? ""),
  };
}

/** The newest of all streams, as far back as each of them is complete. */
export function pageOf(streams: readonly Stream[], query: SearchQuery): SearchPage {
  const horizon = streams.map(({ completeFrom }) => completeFrom).reduce((a, b) => (a > b ? a : b), "");
  const range = idsOf(query);
  // What goes to history while it is looked for is met twice.
  const byId = new Map(streams.flatMap(({ found }) => found).map((each) => [each.id, each]));
  const all = [...byId.values()]
    .filter(({ id }) => id >= horizon && id >= range.from && id < range.before)
    .filter((each) => isFoundBy(each, query))
    .sort((a, b) => (a.id < b.id ? 1 : -1));
  const found = all.slice(0, query.limit);
  const more = all.length > query.limit ? found.at(-1)?.id : horizon === "" ? undefined : horizon;
  return { found, next: more === undefined || uuidTime(more) < uuidTime(range.from) ? undefined : more };
}

function isFoundBy(found: Found, query: SearchQuery): boolean {
  const { accountId, requestId, state, reason, gateway, number } = query;
  const { record, decision } = { record: undefined, decision: undefined, ...found };
  const thing = record ?? decision;
  if (accountId !== undefined && thing?.accountId !== accountId) return false;
  if (requestId !== undefined && thing?.requestId !== requestId) return false;
  if (number && decision && decision.to !== number.recipient) return false;
  if (state !== undefined && record?.status !== state) return false;
  if (gateway !== undefined && !gatewaysOf(found).includes(gateway)) return false;
  if (reason === undefined) return true;
  return record
    ? record.deliveries.some((each) => each.reason === reason || each.receipt?.code === reason)
    : decision?.reason === reason || decision?.rule === reason;
}

function gatewaysOf(found: Found): string[] {
  if (found.kind === "verification") return found.record.deliveries.map(({ gateway }) => gateway);
  const { reason, rule } = found.decision;
  if (reason !== "gateway" || rule === null) return [];
  return rule.split(", ").map((each) => each.split(" ", 1)[0] ?? "");
}
