/**
 * The side lane: a call that has lost many races decides and commits in a transaction of its own, with its rows locked
 * from the read to the commit, so that no caller starves. Counters are locked before rows, as in every batch.
 */
import { StoreUnavailable } from "../../model/errors.ts";
import { bucketOf } from "../../model/recipient.ts";
import { Batch, type Beliefs, counterName } from "./batch.ts";
import type { Connections } from "./connections.ts";
import { type KnownCounter, knownSlot } from "./counters.ts";
import { clockState, conflictState, heldState, kindOf, queryCanceled, sqlState, timelineState } from "./faults.ts";
import { fateOf, Job, type KnownRow } from "./job.ts";
import { asked, knownRow, type LockedResult, unknowable } from "./lane.ts";
import { bucketOfCounter, type CommitReply, Wire } from "./wire.ts";

/** Rows that calls ask for only after they have seen others. */
const looksAtMost = 4;
const clockBoundMs = 60_000;
/** How long the locks are waited for; then, with them in hand, whoever may wait for them in turn. */
const waitMs = 400;
const lateWaitMs = 40;
const goesAgain = new Set<string>([conflictState, clockState, timelineState]);
const lockRow = "SELECT version, state FROM antryk.item WHERE bucket = $1 AND key = $2 FOR UPDATE";
const lockCounter = `SELECT slot, version, n, at, older FROM antryk.counter WHERE bucket = $1 AND key = $2
  ORDER BY slot FOR UPDATE`;

type Client = Parameters<Parameters<Connections["transaction"]>[0]>[0];

export function runLocked(
  connections: Connections,
  job: Job,
  beliefs: Beliefs,
  times: { now(): number; given(): number | null },
): Promise<LockedResult> {
  return givingWay(connections, async (client) => {
    const { codesFrom, number } = beliefs.timeline;
    // A verdict that writes nothing is given without a commit.
    await client.query("SELECT antryk.require_timeline($1)", [number]);
    const rows = new Map<string, KnownRow>();
    const counters = new Map<string, KnownCounter>();
    const apart = new Job(job.call, 0, job.deadline, job.resolve, job.reject);
    apart.refs.splice(0, apart.refs.length, ...job.refs);
    for (let looks = 0; looks < looksAtMost; looks += 1) {
      await lock(client, apart, rows, counters);
      // What is waited for from now on is out of the order of locks: a row that was not there, or that was asked for late.
      if (looks === 0) await client.query(waitAtMost(lateWaitMs));
      const fate = fateOf({ lost: job.lost, read: rows });
      if (fate.kind === "done") return { kind: "answered", outcome: fate.outcome };
      if (fate.kind === "unknown") throw new StoreUnavailable(unknowable);
      apart.read = rows;
      apart.mustRead = true;
      const only: Beliefs = {
        rows: ({ name }) => rows.get(name),
        counters: (name) => counters.get(name),
        firstSlot: beliefs.firstSlot,
        timeline: { number, codesFrom },
        nextVersion: beliefs.nextVersion,
      };
      const batch = new Batch(times.now(), only);
      batch.add(apart);
      const [answered] = batch.answered;
      if (answered) return { kind: "answered", outcome: answered.outcome };
      const [unit] = batch.units;
      if (!unit) continue;
      const { text, values } = new Wire().write(batch, { rows: [], counters: [] }, times.given(), clockBoundMs);
      const { rows: replies } = await client.query<CommitReply>(text, values);
      return replies[0]?.failed.length === 0
        ? { kind: "answered", outcome: unit.outcomes[0] }
        : { kind: "again", held: false };
    }
    return { kind: "again", held: false };
  });
}

/**
 * A call that waits for this call's rows may hold what this one needs next: so it waits for a moment only, and goes
 * again. It also goes again if a row was made meanwhile that no lock could hold, since it was not there.
 */
async function givingWay(
  connections: Connections,
  work: (client: Client) => Promise<LockedResult>,
): Promise<LockedResult> {
  try {
    return await connections.transaction(async (client) => {
      await client.query(waitAtMost(waitMs));
      return work(client);
    });
  } catch (fault) {
    const state = sqlState(fault);
    // Where a statement may not take as long as a lock is waited for, that limit comes first.
    const held = state === heldState || state === queryCanceled;
    if (held || kindOf(fault) === "again" || goesAgain.has(state ?? "")) return { kind: "again", held };
    throw fault;
  }
}

function waitAtMost(ms: number): string {
  return `SET LOCAL lock_timeout = ${ms}`;
}

async function lock(
  client: Client,
  job: Job,
  rows: Map<string, KnownRow>,
  counters: Map<string, KnownCounter>,
): Promise<void> {
  const wanted = asked([job]);
  for (const ref of wanted.counters) {
    const name = counterName(ref);
    if (counters.has(name)) continue;
    const { rows: found } = await client.query<Record<string, string>>(lockCounter, [bucketOfCounter(name), name]);
    const slots: KnownCounter["slots"] = [];
    for (const row of found) slots[Number(row.slot)] = knownSlot(row);
    counters.set(name, { slots, readIn: 1 });
  }
  const refs = wanted.rows.map((ref) => ({ ref, bucket: bucketOf(ref.hash), key: ref.key }));
  refs.sort((a, b) => a.bucket - b.bucket || Buffer.compare(a.key, b.key));
  for (const { ref, bucket, key } of refs) {
    if (rows.has(ref.name)) continue;
    const { rows: found } = await client.query<{ version: string; state: string }>(lockRow, [bucket, key]);
    const row = found[0] && { version: Number(found[0].version), text: found[0].state };
    rows.set(ref.name, knownRow(ref, row, 1));
  }
}
