/** What keeps a store in order, over any engine. */
import { bounds, retention } from "@antryk/contract";
import type { PolicyDecision } from "../model/policy-decision.ts";
import { bucketOf, type RecipientKey } from "../model/recipient.ts";
import type { Engine, MetRow } from "./engine.ts";
import type { ErasedRows, Forgotten, HistoryKeeping, SweepResult, Upkeep } from "./ports/upkeep.ts";
import { eraseDecision, eraseReply, eraseRow } from "./rules/calls/erase.ts";
import { writeReadiness } from "./rules/calls/readiness.ts";
import { decodeBefore } from "./rules/codec.ts";
import type { ReplyRow } from "./rules/idempotency.ts";
import { decisionKind, recipientKind, recipientOf, replyKind, sweptAfterMs } from "./rules/kinds.ts";
import type { RecipientRow } from "./rules/row.ts";
import { decideSweep } from "./rules/sweep.ts";

export function upkeepOver(engine: Engine): Upkeep {
  const pass: Pass = { from: Number.MIN_SAFE_INTEGER, unreadable: new Set() };
  return {
    async ping() {
      await engine.run(writeReadiness);
      return engine.installation.identity();
    },
    sweepStepMs: engine.sweepStepMs,
    sweep: (limit, keeping) => sweep(engine, pass, limit, keeping),
    erase: (forgotten) => engine.overwriting(() => erase(engine, forgotten)),
    keyIdsInUse: () => keyIdsInUse(engine),
    sizes: () => engine.sizes(),
    warnings: () => engine.warnings(),
    batches: () => engine.batches(),
    close: () => engine.close(),
  };
}

/**
 * Where the next step goes on, as a place in time: a pass leaves behind what it must leave, so that it stops no other
 * row, and comes back to it once it has come to its end.
 */
interface Pass {
  from: number;
  /** Names of the rows that it could not read: those of one moment may be looked at twice. */
  readonly unreadable: Set<string>;
}

/** Beyond so many it is not counted how many more there are. */
const mostUnreadable = 10_000;

async function sweep(
  engine: Engine,
  pass: Pass,
  limit: number,
  keeping: HistoryKeeping | undefined,
): Promise<SweepResult> {
  if (pass.from === Number.MIN_SAFE_INTEGER) pass.unreadable.clear();
  const now = engine.now();
  const before = now - sweptAfterMs + 1;
  const isReduced = keeping !== undefined && keeping.reducedMs > 0;
  const identifiedBefore = now - (keeping?.identifiedMs ?? retention.historyMs);
  // Asked at once: SQLite then needs one transaction for all.
  const [{ done, seen, unreadable, oldest, last }, over, cut] = await settled([
    engine.sweepRows({ from: pass.from, before, limit }, decideSweep),
    engine.removeOver(limit),
    engine.cutHistory({
      limit,
      identifiedBefore,
      reduce: isReduced ? keeping.reduce : undefined,
      reducedBefore: identifiedBefore - (isReduced ? keeping.reducedMs : 0),
    }),
  ]);
  for (const name of unreadable) if (pass.unreadable.size < mostUnreadable) pass.unreadable.add(name);
  const removed = [...over, ...cut];
  const isPassOver = seen < limit || last === undefined;
  // Rows of the same time as the last one may come behind it, unless a whole page of them stays.
  pass.from = isPassOver ? Number.MIN_SAFE_INTEGER : done.length > 0 ? last : last + 1;
  const ended = done.filter((decision) => decision.ended).length;
  return {
    unreadable: pass.unreadable.size,
    isPassOver,
    behindMs: oldest === undefined ? 0 : before - oldest,
    ended,
    removed: removed.reduce((sum, each) => sum + each, done.length - ended),
    more: !isPassOver || removed.includes(limit),
  };
}

/** Like Promise.all, but nothing is under way any more when it rejects. */
async function settled<Values extends readonly unknown[]>(
  works: {
    readonly [At in keyof Values]: Promise<Values[At]>;
  },
): Promise<Values> {
  await Promise.allSettled(works);
  return Promise.all(works) as unknown as Promise<Values>;
}

async function erase(engine: Engine, forgotten: Forgotten): Promise<ErasedRows> {
  const { channel, recipient, places, reducedHash } = forgotten;
  await engine.noteErased(channel, reducedHash);
  const buckets = [...new Set(places.map(({ hash }) => bucketOf(hash)))];
  const met: MetRow[] = [];
  for (const bucket of buckets) met.push(...(await engine.rowsOfBucket(bucket)));
  const isNamed = (key: RecipientKey) => key.channel === channel && key.recipient === recipient;
  const rows = met.filter(({ ref }) => ref.kind === recipientKind && isNamed(recipientOf(ref)));
  // What is found by its ids would stay behind.
  for (const { fault } of rows) if (fault) throw fault;
  const ids = new Set(rows.flatMap(({ row }) => verificationsIn(row as RecipientRow)));
  for (const id of await engine.historyIdsOf(buckets, recipient, reducedHash)) ids.add(id);
  const replies = met.filter(
    ({ ref, row, fault }) => ref.kind === replyKind && !fault && ids.has((row as ReplyRow).verificationId),
  );
  const decisions = met.filter(
    ({ ref, row, fault }) => ref.kind === decisionKind && !fault && (row as PolicyDecision).to === recipient,
  );
  await Promise.all(decisions.map(({ ref }) => engine.run(eraseDecision(ref))));
  const erasedReplies = await Promise.all(replies.map(({ ref }) => engine.run(eraseReply(ref, ids))));
  // The rows go before what is found by their ids, so that a send under way finds nothing to add to.
  const erased = await Promise.all(rows.map(({ ref }) => engine.run(eraseRow(ref))));
  const history = await engine.eraseHistory([...ids, ...erased.flatMap(verificationsIn)]);
  return {
    recipients: erased.filter(Boolean).length,
    history,
    idempotencyKeys: erasedReplies.filter(Boolean).length,
  };
}

function verificationsIn(row: RecipientRow | undefined): string[] {
  if (!row) return [];
  const before = decodeBefore(row.before);
  return [row.verification, before?.kind === "send" ? before.verification : null].flatMap(
    (verification) => verification?.verificationId ?? [],
  );
}

/** A code lives at most this long after its id was made, unless a send of unknown outcome was repeated. */
const codesLiveMs = 2 * bounds.ttlSeconds.max * 1000;

async function keyIdsInUse(engine: Engine): Promise<string[]> {
  const ids = new Set<string>();
  const now = engine.now();
  await engine.eachRowSince(recipientKind, now - codesLiveMs, ({ verification }) => {
    if (verification?.nonce && verification.expiresAt > now) ids.add(verification.keyId);
  });
  return [...ids];
}
