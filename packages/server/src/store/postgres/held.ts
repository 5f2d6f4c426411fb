/** Which rows other sessions hold a lock on now, so that only the calls that need them wait. */

import { bucketOf } from "../../model/recipient.ts";
import type { RowRef } from "../engine.ts";
import type { Connections } from "./connections.ts";
import { kindOf } from "./faults.ts";
import { bucketOfCounter } from "./wire.ts";

/** Longer than a row's lock can take here: then the whole table is held, and nothing can be said of its rows. */
const waitMs = 100;

/** Rows and counters that are there and can't be locked, by their place in the list. */
const heldItems = `WITH asked AS (SELECT * FROM unnest($1::smallint[], $2::bytea[]) WITH ORDINALITY AS a (b, k, ord)),
  free AS (SELECT a.ord FROM asked a JOIN antryk.item t ON t.bucket = a.b AND t.key = a.k FOR UPDATE OF t SKIP LOCKED)
  SELECT a.ord::int AS place FROM asked a JOIN antryk.item t ON t.bucket = a.b AND t.key = a.k
    WHERE a.ord NOT IN (SELECT ord FROM free)`;
const heldCounters = `WITH asked AS (SELECT * FROM unnest($1::smallint[], $2::text[]) WITH ORDINALITY AS a (b, k, ord)),
  free AS (
    SELECT a.ord, t.slot FROM asked a JOIN antryk.counter t ON t.bucket = a.b AND t.key = a.k FOR UPDATE OF t SKIP LOCKED
  )
  SELECT DISTINCT a.ord::int AS place FROM asked a JOIN antryk.counter t ON t.bucket = a.b AND t.key = a.k
    WHERE (a.ord, t.slot) NOT IN (SELECT ord, slot FROM free)`;

/** Names of the rows and counters that are held; `undefined`: it can't be told. */
export async function heldAmong(
  connections: Connections,
  refs: readonly RowRef[],
  counters: readonly string[],
): Promise<ReadonlySet<string> | undefined> {
  try {
    return await connections.transaction(async (client) => {
      await client.query(`SET LOCAL lock_timeout = ${waitMs}`);
      const names = new Set<string>();
      const items = await client.query<{ place: number }>(heldItems, [
        refs.map(({ hash }) => bucketOf(hash)),
        refs.map(({ key }) => key),
      ]);
      for (const { place } of items.rows) names.add(refs[place - 1]?.name ?? "");
      if (counters.length > 0) {
        const slots = await client.query<{ place: number }>(heldCounters, [counters.map(bucketOfCounter), counters]);
        for (const { place } of slots.rows) names.add(counters[place - 1] ?? "");
      }
      return names;
    });
  } catch (fault) {
    if (kindOf(fault) === "fault") throw fault;
    return undefined;
  }
}
