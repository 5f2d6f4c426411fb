/** Faults of the store that its own tests have to catch: each changes one rule, or one thing that the lane relies on. */
import type { Engine } from "../engines.ts";
import type { SourceChange } from "./sources.ts";

export interface StoreMutant {
  readonly name: string;
  /** The engines on which it changes what callers see; all of them if it is not given. */
  readonly engines?: readonly Engine[];
  readonly changes: readonly SourceChange[];
}

function mutant(name: string, file: string, find: string, replace: string): StoreMutant {
  return { name, changes: [{ file, find, replace }] };
}

const rules = (file: string) => `store/rules/${file}.ts`;
const postgres = (file: string) => `store/postgres/${file}`;

/** Where the tests of a store's meaning stand, below packages/server/src. */
export const meaningOf: Readonly<Record<Engine, string>> = {
  sqlite: "store/sqlite/store.test.ts",
  postgres: "store/postgres/store.test.ts",
};

/** Caught on both engines by the suite that every engine passes. */
export const ruleMutants: readonly StoreMutant[] = [
  mutant(
    "one try more than the cap",
    rules("row"),
    "attempts >= verification.maxAttempts",
    "attempts > verification.maxAttempts",
  ),
  mutant(
    "wrong codes across OTPs are not counted",
    rules("verify"),
    "countWrongCode(row.wrongUntil, now)",
    "row.wrongUntil",
  ),
  mutant("a right code keeps the count of wrong ones", rules("verify"), "valid ? 0 :", "valid ? row.wrongUntil :"),
  mutant("a resend has no cooldown", rules("send"), "now + cooldownMs(next.resendCount)", "now"),
  mutant("a cancelled OTP has no cooldown", rules("send"), `current?.state === "cancelled" ?`, "false && current ?"),
  mutant(
    "one send more than a recipient's limit",
    rules("limits"),
    "times.at(-limit.count)",
    "times.at(-limit.count - 1)",
  ),
  mutant("one send more than a shared limit", rules("counters"), "(open + slots - 1 - slot)", "(open + slots - slot)"),
  mutant(
    "a span of a shared limit is forgotten too early",
    rules("counters"),
    "now - windowMs - bucketMs(windowMs);\n  const",
    "now - windowMs;\n  const",
  ),
  mutant(
    "a code is valid at its end",
    rules("verify"),
    `if (now >= current.expiresAt) return { outcome: { kind: "expired" } };\n  if (isLocked`,
    `if (now > current.expiresAt) return { outcome: { kind: "expired" } };\n  if (isLocked`,
  ),
  mutant(
    "a pending OTP refuses a send at its end",
    rules("send"),
    "now < current.expiresAt && !isLocked",
    "now <= current.expiresAt && !isLocked",
  ),
  mutant("a lease holds at its end", rules("send"), "|| leaseUntil <= now)", "|| leaseUntil < now)"),
  mutant(
    "a resend's lease keeps no send out",
    rules("send"),
    "if (!verification || !isOpen(verification) || leaseToken",
    `if (verification?.state !== "leased" || leaseToken`,
  ),
  mutant(
    "a refused send stays counted for its recipient",
    rules("settle"),
    `if (input.result === "refused") giveBack`,
    "if (false) giveBack",
  ),
  mutant(
    "a refused send stays counted in shared limits",
    rules("calls/settle"),
    "isGivenBack ? counts",
    "!isGivenBack ? counts",
  ),
  mutant(
    "after an unknown outcome another code is said",
    rules("send"),
    "live?.nonce && live.mac && input.liveKeyIds.includes(live.keyId) ? live : null;",
    "null as Verification | null;",
  ),
  mutant("a code whose key has left is said again", rules("send"), " && input.liveKeyIds.includes(live.keyId)", ""),
  mutant(
    "a key for another body is not noticed",
    rules("idempotency"),
    `!== row.fingerprint) return { kind: "key_reused" };`,
    `=== "") return { kind: "key_reused" };`,
  ),
  mutant(
    "a lapsed key keeps its request out",
    rules("idempotency"),
    "if (!stored && view.now >= row.leaseUntil) return undefined;",
    "",
  ),
  mutant(
    "a refused send keeps its key",
    rules("calls/settle"),
    "if (!isAccepted || !row) return [{ ref: key.refs.claim, row: null }];",
    "if (!isAccepted || !row) return [];",
  ),
  mutant("settling turns a used row back", rules("settle"), `verification.state === "verified" || `, ""),
  mutant(
    "a refused send leaves what it replaced in history",
    rules("calls/settle"),
    "restored === undefined ? undefined",
    "restored !== undefined ? undefined",
  ),
  {
    ...mutant(
      "a late settle loses its message's name",
      rules("calls/settle"),
      "isChanged || input.messages.length > 0",
      "isChanged",
    ),
    // Where a call appends without a row, nothing is lost.
    engines: ["postgres"],
  },
  mutant(
    "counters are swept while they say something",
    rules("sweep"),
    "const next = countersUntil <= now ? null",
    "const next = countersUntil !== 0 ? null",
  ),
];

export interface LaneMutant extends StoreMutant {
  /** The tests that have to catch it, below packages/server/src; the first that does ends the search. */
  readonly tests: readonly string[];
}

const pure = [postgres("batch.test.ts"), postgres("lane.test.ts")];
const real = [postgres("engine.test.ts"), postgres("races.test.ts"), postgres("store.test.ts")];

function ofLane(tests: readonly string[], ...args: Parameters<typeof mutant>): LaneMutant {
  return { ...mutant(args[0], postgres(args[1]), args[2], args[3]), tests };
}

/** Of PostgreSQL's lane and its commit. */
export const laneMutants: readonly LaneMutant[] = [
  ofLane(
    pure,
    "a verdict without a write is given over a belief",
    "batch.ts",
    "else if (cell.readIn <= job.bornIn && !isWritten(cell, writes)) return false;",
    "",
  ),
  ofLane(
    pure,
    "calls that share a row are committed apart",
    "batch.ts",
    "if (cell.unit) unit = this.#merged(unit, cell.unit);",
    "if (cell.unit) unit ??= undefined;",
  ),
  ofLane(
    pure,
    "of several units that a call touches only the last is its own",
    "batch.ts",
    "unit = this.#merged(unit, cell.unit);",
    "unit = rootOf(cell.unit);",
  ),
  ofLane(
    pure,
    "a call that met another version goes by beliefs again",
    "batch.ts",
    "if (job.mustRead && !cell.unit",
    "if (job.refs.length > 9 && !cell.unit",
  ),
  ofLane(
    pure,
    "a limit refuses over what this batch has counted",
    "batch.ts",
    "(view.touchesCounted || !this.#isFresh(job))",
    "!this.#isFresh(job)",
  ),
  ofLane(
    pure,
    "a limit refuses over a belief",
    "batch.ts",
    "(view.touchesCounted || !this.#isFresh(job))",
    "view.touchesCounted",
  ),
  ofLane(
    pure,
    "what a batch gives back makes room in it",
    "counters.ts",
    "this.#givenBack === 0 ? this.next",
    "this.#givenBack >= 0 ? this.next",
  ),
  {
    name: "absence is remembered",
    tests: pure,
    changes: [
      {
        file: postgres("lane.ts"),
        find: "} else if (row === undefined) this.#rows.forget(ref);",
        replace: "} else if (row === undefined) this.#rows.set(ref, 0, row, text);",
      },
      {
        file: postgres("believed-rows.ts"),
        find: "this.#decoded.set(name, { version, row, readIn: 0 });",
        replace: "this.#decoded.set(name, { version, row, readIn: version === 0 ? 1e9 : 0 });",
      },
    ],
  },
  ofLane(
    pure,
    "absence that a commit met is not told apart from not having looked",
    "lane.ts",
    "if (!read) return { version: 0, row: undefined, readIn };",
    "if (!read) return { version: 0, row: undefined, readIn: 0 };",
  ),
  ofLane(
    pure,
    "a lost commit is taken for undone",
    "job.ts",
    `if (row.version === after && after !== 0) return { kind: "done", outcome };`,
    "",
  ),
  ofLane(
    pure,
    "a lost commit is judged by the rows as the batch changed them",
    "lane.ts",
    "{ before: version, after:",
    "{ before: written, after:",
  ),
  ofLane(
    pure,
    "a lost commit is taken for undone whoever has written since",
    "job.ts",
    "if (row.version !== before) isUndone = false;",
    "",
  ),
  ofLane(pure, "a lost commit is forgotten", "lane.ts", "if (isOpen) job.lost.push", "if (!isOpen) job.lost.push"),
  ofLane(
    pure,
    "a call decides before it knows what became of its lost commit",
    "lane.ts",
    "if (job.lost.length > 0 && !job.read) {",
    "if (job.lost.length > 9) {",
  ),
  ofLane(
    pure,
    "a refusal is given while a lost commit may still be done",
    "lane.ts",
    "if (job.lost.length > 0) job.reject(new StoreUnavailable(unknowable));",
    "if (job.lost.length > 9) job.reject(new StoreUnavailable(unknowable));",
  ),
  ofLane(
    pure,
    "a fault of one call is everyone's",
    "lane.ts",
    "if (jobs.length === 1) {\n      jobs[0]?.reject(fault);",
    "if (jobs.length > 0) {\n      for (const job of jobs) job.reject(fault);",
  ),
  ofLane(pure, "no call ever goes apart", "lane.ts", "job.conflicts >= conflictsAtMost", "job.conflicts >= 1e9"),
  ofLane(
    real,
    "rows are replaced whatever their version",
    "functions.sql",
    "t.key = i.k AND t.version = i.e AND i.u <> ALL (failed)\n          RETURNING i.n",
    "t.key = i.k AND i.u <> ALL (failed)\n          RETURNING i.n",
  ),
  ofLane(
    real,
    "rows are removed whatever their version",
    "functions.sql",
    "i.n < 0 AND t.bucket = i.b AND t.key = i.k AND t.version = i.e AND",
    "i.n < 0 AND t.bucket = i.b AND t.key = i.k AND",
  ),
  ofLane(
    real,
    "a counter is added to whatever its limit",
    "functions.sql",
    "WHEN o.n = 0 THEN t.n + o.d <= o.g ELSE",
    "WHEN o.n = 0 THEN true ELSE",
  ),
  ofLane(
    real,
    "a counter is put over what others have counted",
    "functions.sql",
    "ELSE t.n = o.g END",
    "ELSE true END",
  ),
  ofLane(
    real,
    "a unit that failed stays half done",
    "functions.sql",
    "IF EXISTS (SELECT FROM unnest(i_u, i_n) AS i (u, n) WHERE i.u = ANY (failed) AND abs(i.n) = ANY (done))",
    "IF false",
  ),
  ofLane(
    real,
    "what a failed unit has counted stays",
    "functions.sql",
    "UPDATE counter t SET n = t.n - f.n",
    "UPDATE counter t SET n = t.n",
  ),
  ofLane(
    real,
    "a row that was made and removed in one batch is made all the same",
    "functions.sql",
    "WHERE i.e = 0 AND i.n > 0 AND i.u <> ALL (failed)",
    "WHERE i.e = 0 AND i.u <> ALL (failed)",
  ),
  ofLane(
    real,
    "what comes back from history stays there",
    "functions.sql",
    "DELETE FROM history t USING unnest(d_u, d_b, d_v) AS d (u, b, v)\n        WHERE",
    "DELETE FROM history t USING unnest(d_u, d_b, d_v) AS d (u, b, v)\n        WHERE false AND",
  ),
  ofLane(real, "a late clock commits", "functions.sql", "abs(at - assumed) > bound", "abs(at - assumed) < 0"),
  ofLane(
    real,
    "the side lane takes no lock",
    "locked.ts",
    "WHERE bucket = $1 AND key = $2 FOR UPDATE",
    "WHERE bucket = $1 AND key = $2",
  ),
  ofLane(
    real,
    "the side lane does not look for lost commits",
    "locked.ts",
    "fateOf({ lost: job.lost, read: rows })",
    "fateOf({ lost: [], read: rows })",
  ),
  ofLane(real, "what the side lane meets is a fault", "locked.ts", "[conflictState, clockState, timelineState]", "[]"),
  ofLane(
    [postgres("outage.test.ts")],
    "an outage is no reason to look what was done",
    "lane.ts",
    'kind === "outage" && !isRolledBack(fault)',
    "false",
  ),
];
