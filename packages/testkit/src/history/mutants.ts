/**
 * Known faults put back into a copy of the sources, by text: the checker has to catch each of them, so that it is itself
 * tested. A text that is not found any more fails; then the mutant has to follow the sources.
 */

import type { Engine } from "../engines.ts";
import { MutantSources, type SourceChange } from "../mutants/sources.ts";
import { faults } from "./faults.ts";
import { type RunReport, runOnce } from "./run.ts";

export interface Mutant {
  readonly name: string;
  readonly engines: readonly Engine[];
  /** Under which fault it shows; the default is none. */
  readonly fault?: string;
  readonly change?: SourceChange;
  /** It takes so long to show. */
  readonly seconds?: number;
  /** In place of a change of the sources: PostgreSQL set up wrongly. */
  readonly settings?: readonly string[];
}

const sqlite: readonly Engine[] = ["sqlite"];
const postgres: readonly Engine[] = ["postgres"];
/** The rules stand once: a changed one shows on any engine. */
const both: readonly Engine[] = ["sqlite", "postgres"];

export const mutants: readonly Mutant[] = [
  {
    name: "calls are decided outside the step that writes",
    engines: sqlite,
    change: {
      file: "store/sqlite/engine.ts",
      find: "return this.#batch.run(() => this.#step(call));",
      replace: `const early = new StepView(this.now(), this.#items, this.#counters);
    for (const ref of call.rows) early.look(ref);
    return new Promise((resolve) => setTimeout(resolve, 3)).then(() =>
      this.#batch.run(() => {
        const decided = call.decide(early);
        if ("needs" in decided) return this.#step(call);
        this.#carryOut(decided, early, early.now);
        return decided.outcome;
      }),
    );`,
    },
  },
  {
    name: "settling turns a used or cancelled row back",
    engines: both,
    change: {
      file: "store/rules/settle.ts",
      find: `if (verification.state === "verified" || verification.state === "cancelled")
        return { row: next, isChanged: true };`,
      replace: "",
    },
  },
  {
    name: "wrong codes are not counted",
    engines: both,
    change: {
      file: "store/rules/verify.ts",
      find: "valid ? current.attempts : current.attempts + 1",
      replace: "current.attempts",
    },
  },
  {
    name: "a refused send leaves a pending row",
    engines: sqlite,
    change: {
      file: "store/rules/settle.ts",
      find: `if (input.result === "accepted") verification.state = "pending";`,
      replace: `if (input.result !== "unknown") verification.state = "pending";`,
    },
  },
  {
    name: "a refused send ends the code that was out before",
    engines: sqlite,
    seconds: 15,
    change: {
      file: "store/rules/settle.ts",
      find: `if (before?.kind !== "send" || !before.verification`,
      replace: `if (before?.kind !== "send" || before.sameCode || !before.verification`,
    },
  },
  {
    name: "a send after an unknown outcome makes a new code",
    engines: sqlite,
    change: {
      file: "store/rules/send.ts",
      find: "live?.nonce && live.mac && input.liveKeyIds.includes(live.keyId) ? live : null;",
      replace: "null as Verification | null;",
    },
  },
  {
    name: "a code works for two seconds after its end",
    engines: sqlite,
    seconds: 25,
    change: {
      file: "store/rules/verify.ts",
      find: `if (now >= current.expiresAt) return { outcome: { kind: "expired" } }; if (isLocked`,
      replace: `if (now >= current.expiresAt + 2_000) return { outcome: { kind: "expired" } };
  if (isLocked`,
    },
  },
  {
    name: "a lease does not keep a second send out",
    engines: both,
    change: {
      file: "store/rules/send.ts",
      find: "leaseToken === null || leaseUntil <= now)",
      replace: "leaseToken === null || leaseUntil <= now + 12_990)",
    },
  },
  {
    name: "a repeated verify is compared again",
    engines: both,
    change: {
      file: "store/rules/calls/verify.ts",
      find: "if (!key) return { outcome, writes: [{ ref: recipient, row }], counts };",
      replace: "if (!key || !outcome.valid) return { outcome, writes: [{ ref: recipient, row }], counts };",
    },
  },
  {
    name: "a running send's key lets a second one in",
    engines: both,
    change: {
      file: "store/rules/idempotency.ts",
      find: "if (!stored && view.now >= row.leaseUntil) return undefined;",
      replace: "if (!stored) return undefined;",
    },
  },
  {
    name: "answers come before the commit",
    engines: sqlite,
    fault: "kill-server",
    change: {
      file: "store/sqlite/batch.ts",
      find: `this.#commit.run(); } catch`,
      replace: `for (let at = 0; at < jobs.length; at += 1) jobs[at]?.resolve(results[at] as never);
      this.#running ??= new Promise((resolve) => setTimeout(resolve, 150)).then(() => {
        this.#commit.run();
        this.#running = undefined;
        if (this.#queue.length > 0) this.#schedule();
      }) as Promise<void>;
      return true;
    } catch`,
    },
  },
  {
    name: "the wall clock decides",
    engines: sqlite,
    fault: "clock-step",
    change: {
      file: "store/clock.ts",
      find: "const now = this.#offset + this.#sources.monotonic();",
      replace: "const now = this.#sources.wall() + 0 * this.#offset;",
    },
  },
  {
    name: "time in suspension does not count",
    engines: sqlite,
    fault: "suspension",
    change: {
      file: "store/clock.ts",
      find: "if (ahead <= stepMs) return Math.floor(now);",
      replace: "if (ahead < Number.POSITIVE_INFINITY) return Math.floor(now + 0 * stepMs);",
    },
  },
  {
    name: "a call is committed however late it assumed the time",
    engines: postgres,
    fault: "suspension",
    change: {
      file: "store/postgres/functions.sql",
      find: "IF cardinality(i_u) > 0 AND abs(at - assumed) > bound THEN",
      replace: "IF cardinality(i_u) > 0 AND abs(at - assumed) > 1e9 THEN",
    },
  },
  {
    name: "rows are replaced whatever their version",
    engines: postgres,
    seconds: 15,
    change: {
      file: "store/postgres/functions.sql",
      find: "t.key = i.k AND t.version = i.e AND i.u <> ALL (failed) RETURNING i.n",
      replace: "t.key = i.k AND i.u <> ALL (failed) RETURNING i.n",
    },
  },
  {
    name: "a verdict without a write is given over a belief",
    engines: postgres,
    seconds: 15,
    change: {
      file: "store/postgres/batch.ts",
      find: "else if (cell.readIn <= job.bornIn && !isWritten(cell, writes)) return false;",
      replace: "",
    },
  },
  {
    name: "a call is repeated whatever became of the commit whose answer was lost",
    engines: postgres,
    fault: "cut-connections",
    change: {
      file: "store/postgres/lane.ts",
      find: "if (isOpen) job.lost.push",
      replace: "if (isOpen && jobs.length > 64) job.lost.push",
    },
  },
  {
    name: "a commit is answered before it is on disk",
    engines: postgres,
    fault: "kill-database",
    settings: [
      "fsync=off",
      "max_connections=60",
      "synchronous_commit=off",
      "wal_writer_delay=10s",
      "wal_writer_flush_after=10MB",
    ],
  },
];

/** Runs a mutant; it is caught where the report has a violation. */
export async function runMutant(mutant: Mutant, engine: Engine, seconds: number, seed: number): Promise<RunReport> {
  using sources = new MutantSources(mutant.change ? [mutant.change] : []);
  const fault = faults.find(({ name }) => name === (mutant.fault ?? "none"));
  if (!fault) throw new Error(`there is no fault ${mutant.fault}`);
  return await runOnce({
    engine,
    fault,
    seconds,
    seed,
    command: sources.command,
    ...(mutant.settings ? { settings: mutant.settings } : {}),
  });
}

export interface MutantOptions {
  readonly engines: readonly Engine[];
  readonly seconds: number;
  readonly seed: number;
  /** Part of a mutant's name. */
  readonly only: string | undefined;
  readonly tell: (line: string) => void;
}

/** Runs them all; returns how many were not caught. */
export async function runMutants({ engines, seconds, seed, only = "", tell }: MutantOptions): Promise<number> {
  let missed = 0;
  for (const mutant of mutants.filter(({ name }) => name.includes(only))) {
    for (const engine of mutant.engines.filter((each) => engines.includes(each))) {
      const { violated, operations, violations } = await runMutant(
        mutant,
        engine,
        Math.max(seconds, mutant.seconds ?? 0),
        seed,
      );
      if (violated === 0) missed += 1;
      tell(
        `${violated > 0 ? "caught" : "MISSED"}  ${engine.padEnd(8)}  ${mutant.name}: ${violated} recipients, ${operations} operations`,
      );
      if (only !== "" && violations[0]) tell(`\n${violations[0]}\n`);
    }
  }
  return missed;
}
