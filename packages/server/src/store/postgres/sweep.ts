/**
 * The sweep's rows, as sets: a page is read, decided and committed in one transaction beside the lane, by the versions
 * that were read. A row that a call has written meanwhile, or that somebody holds, stays for the next pass.
 */
import { hashIn } from "../../model/recipient.ts";
import type { Decision, MetRow, RowRef, SweepRange, SweptRows } from "../engine.ts";
import { metRow } from "../rules/kinds.ts";
import { Batch } from "./batch.ts";
import type { Connections } from "./connections.ts";
import type { BatchTimeline } from "./database-timeline.ts";
import { clockState, heldState, sqlState, timelineState } from "./faults.ts";
import { heldAmong } from "./held.ts";
import { Job, type KnownRow } from "./job.ts";
import { type CommitReply, Wire } from "./wire.ts";

export type DecideSweep = (met: MetRow, now: number) => Decision<void> | undefined;

export interface SweepTools {
  readonly connections: Connections;
  now(): number;
  /** Decides instead of the database's clock. */
  given(): number | null;
  learnTime(): Promise<void>;
  readonly timeline: BatchTimeline;
  learnTimeline(): Promise<void>;
  /** A version that no other write has. */
  nextVersion(): number;
}

interface PageRow {
  readonly bucket: number;
  readonly key: Buffer;
  readonly at: string;
  readonly version: string;
  readonly state: string;
}

/** A row of the page; `place`: in time. */
interface Met {
  readonly ref: RowRef;
  readonly place: number;
  readonly known: KnownRow;
}

/**
 * A condition: no other process sweeps these now. It would read and lock the same rows. Where it is a statement's
 * condition it is asked once, and holds until the transaction ends.
 */
export function isMine(what: string): string {
  return `(SELECT pg_try_advisory_xact_lock(hashtextextended('antryk sweep ${what}', 0)))`;
}

const lock = `SELECT ${isMine("item")} AS mine`;
const page = "SELECT bucket, key, at, version, state FROM antryk.item WHERE at >= $1 AND at < $2 ORDER BY at LIMIT $3";
const oldestPlace = "SELECT min(at) AS at FROM antryk.item WHERE at < $1";
/** How far the time that rows were decided by may be off. */
const clockBoundMs = 60_000;
/** Rows that are decided over in one turn of the event loop. */
const rowsPerTurn = 50;
const nothing: SweptRows = { done: [], seen: 0, unreadable: [], oldest: undefined, last: undefined };

/** Carries out what is decided over the oldest rows of the range; nothing, while another process is at it. */
export async function sweepRows(tools: SweepTools, range: SweepRange, decide: DecideSweep): Promise<SweptRows> {
  const met: RowRef[] = [];
  try {
    return await sweepPage(tools, range, decide, met, new Set());
  } catch (fault) {
    if (sqlState(fault) !== heldState) return afterFault(tools, fault);
  }
  const held = await heldAmong(tools.connections, met, []);
  if (!held) return nothing;
  try {
    return await sweepPage(tools, range, decide, [], held);
  } catch (fault) {
    return afterFault(tools, fault);
  }
}

/** What another step can do better goes to the next one. */
async function afterFault(tools: SweepTools, fault: unknown): Promise<SweptRows> {
  const state = sqlState(fault);
  if (state === clockState) await tools.learnTime();
  else if (state === timelineState) await tools.learnTimeline();
  else if (state !== heldState) throw fault;
  return nothing;
}

/** `seen` takes the rows of the page; those named in `held` are left as they are. Throws what the driver throws. */
function sweepPage(
  { connections, now, given, nextVersion, timeline }: SweepTools,
  { from, before, limit }: SweepRange,
  decide: DecideSweep,
  seen: RowRef[],
  held: ReadonlySet<string>,
): Promise<SweptRows> {
  return connections.lazily(async (client) => {
    const { rows: locked } = await client.query<{ mine: boolean }>(lock);
    if (!locked[0]?.mine) {
      const { rows } = await client.query<{ at: string | null }>(oldestPlace, [before]);
      return { ...nothing, oldest: placeOf(rows[0]) };
    }
    const { rows } = await client.query<PageRow>(page, [from, before, limit]);
    const known = new Map<string, KnownRow>();
    const beliefs = {
      rows: ({ name }: RowRef) => known.get(name),
      counters: () => undefined,
      firstSlot: 0,
      timeline,
      nextVersion,
    };
    const batch = new Batch(now(), beliefs);
    const met: Met[] = [];
    let looked = 0;
    const unreadable: string[] = [];
    for (const row of rows) {
      const each = toMet(row);
      if (each && "unreadable" in each) unreadable.push(each.unreadable);
      else if (each && !held.has(each.ref.name)) {
        met.push(each);
        seen.push(each.ref);
        known.set(each.ref.name, each.known);
        batch.add(new Job(callOf(each.ref, decide), 0, 0, ignore, ignore));
      }
      looked += 1;
      // Requests go on meanwhile: no row is locked yet.
      if (looked % rowsPerTurn === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    const extent = { seen: rows.length, unreadable, last: placeOf(rows.at(-1)) };
    if (batch.units.length === 0) return { done: [], oldest: undefined, ...extent };
    const { text, values, units } = new Wire().write(batch, { rows: [], counters: [] }, given(), clockBoundMs);
    const { rows: replies } = await client.query<CommitReply>(text, values);
    const failed = new Set(replies[0]?.failed);
    const isDue = new Set(units.map(({ cells }) => cells[0]?.ref.name));
    return {
      done: units.filter(({ place }) => !failed.has(place)).map(({ outcomes }) => outcomes[0] as Decision<void>),
      oldest: met.find(({ ref }) => isDue.has(ref.name))?.place,
      ...extent,
    };
  });
}

function placeOf(row: { readonly at: string | null } | undefined): number | undefined {
  return row?.at == null ? undefined : Number(row.at);
}

/** `undefined`: the row is of a kind that only a newer program knows. */
function toMet({ bucket, key, at, version, state }: PageRow): Met | { readonly unreadable: string } | undefined {
  const met = metRow(key, hashIn(bucket, 0), state);
  if (!met) return undefined;
  const { ref, row, fault } = met;
  return fault
    ? { unreadable: ref.name }
    : { ref, place: Number(at), known: { version: Number(version), row, readIn: 1 } };
}

/** One row, as it was read. */
function callOf(ref: RowRef, decide: DecideSweep) {
  return {
    rows: [ref],
    decide(view: { readonly now: number; row(ref: RowRef): unknown }): Decision<unknown> {
      const decision = decide({ ref, row: view.row(ref) }, view.now);
      return decision ? { ...decision, outcome: decision } : { outcome: undefined };
    },
  };
}

/** Nobody waits for these calls: the step's own result says what was done. */
function ignore(): void {
  // Nothing to do.
}
