/**
 * Known faults put back into a copy of the sources, by text: the checker has to catch each of them, so that it is itself
 * tested. A text that is not found any more fails; then the mutant has to follow the sources.
 */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { faults } from "./faults.ts";
import type { Engine } from "./rig.ts";
import { type RunReport, runOnce } from "./run.ts";

export interface Mutant {
  readonly name: string;
  readonly engines: readonly Engine[];
  /** Under which fault it shows; the default is none. */
  readonly fault?: string;
  /** Below packages/server/src. */
  readonly file?: string;
  readonly find?: string;
  readonly replace?: string;
  /** It takes so long to show. */
  readonly seconds?: number;
  /** In place of a change of the sources: PostgreSQL set up wrongly. */
  readonly settings?: readonly string[];
}

const sqlite: readonly Engine[] = ["sqlite"];
const postgres: readonly Engine[] = ["postgres"];

/** Mutants of a rule run on one engine: the rules stand once, and `npm run check:rules` shows that both engines obey. */
export const mutants: readonly Mutant[] = [
  {
    name: "a code is compared outside the step that uses it up",
    engines: sqlite,
    file: "store/sqlite/engine.ts",
    find: `  run<Outcome>(call: port.Call<Outcome>): Promise<Outcome> {
    return this.#batch.run(() => this.#step(call));
  }`,
    replace: `  async run<Outcome>(call: port.Call<Outcome>): Promise<Outcome> {
    const view = new StepView(this.now(), this.#items, this.#counters);
    for (const ref of call.rows) view.look(ref);
    await new Promise((resolve) => setTimeout(resolve, 3));
    return this.#batch.run(() => {
      for (;;) {
        const decided = call.decide(view);
        if (!("needs" in decided)) {
          this.#carryOut(decided, view, view.now);
          return decided.outcome;
        }
        for (const ref of decided.needs) view.look(ref);
      }
    });
  }`,
  },
  {
    name: "settling turns a used or cancelled row back",
    engines: ["sqlite", "postgres"],
    file: "store/rules/settle.ts",
    find: `if (verification.state === "verified" || verification.state === "cancelled") return { row: next, isChanged: true };`,
    replace: "",
  },
  {
    name: "wrong codes are not counted",
    engines: sqlite,
    file: "store/rules/verify.ts",
    find: "valid ? current.attempts : current.attempts + 1",
    replace: "current.attempts",
  },
  {
    name: "a refused send leaves a pending row",
    engines: sqlite,
    file: "store/rules/settle.ts",
    find: `if (input.result === "accepted") verification.state = "pending";`,
    replace: `if (input.result !== "unknown") verification.state = "pending";`,
  },
  {
    name: "a refused send ends the code that was out before",
    engines: sqlite,
    seconds: 15,
    file: "store/rules/settle.ts",
    find: `if (before?.kind !== "send" || !before.verification || !row.verification)`,
    replace: `if (before?.kind !== "send" || !before.sameCode || !before.verification || !row.verification)`,
  },
  {
    name: "a send after an unknown outcome makes a new code",
    engines: sqlite,
    file: "store/rules/send.ts",
    find: "const sameCode = live?.nonce && live.mac && input.liveKeyIds.includes(live.keyId) ? live : null;",
    replace: "const sameCode = null as Verification | null;",
  },
  {
    name: "a code works for two seconds after its end",
    engines: sqlite,
    seconds: 25,
    file: "store/rules/verify.ts",
    find: `if (now >= current.expiresAt) return { outcome: { kind: "expired" } };
  if (isLocked`,
    replace: `if (now >= current.expiresAt + 2_000) return { outcome: { kind: "expired" } };
  if (isLocked`,
  },
  {
    name: "a lease does not keep a second send out",
    engines: sqlite,
    file: "store/rules/send.ts",
    find: `if (current?.state === "leased" && row.leaseUntil > now) {`,
    replace: `if (current?.state === "leased" && row.leaseUntil > now + 12_990) {`,
  },
  {
    name: "a repeated verify is compared again",
    engines: sqlite,
    file: "store/rules/calls/verify.ts",
    find: "if (!key) return { outcome, writes: [{ ref: recipient, row }] };",
    replace: "if (!key || !outcome.valid) return { outcome, writes: [{ ref: recipient, row }] };",
  },
  {
    name: "a running send's key lets a second one in",
    engines: sqlite,
    file: "store/rules/calls/send.ts",
    find: "writes: key ? [{ ref: recipient, row }, runningClaim(key, input, lease)] : [{ ref: recipient, row }],",
    replace: "writes: key && lease ? [{ ref: recipient, row }] : [{ ref: recipient, row }],",
  },
  {
    name: "answers come before the commit",
    engines: sqlite,
    fault: "kill-server",
    file: "store/sqlite/batch.ts",
    find: `      this.#commit.run();
    } catch`,
    replace: `      for (let index = 0; index < jobs.length; index += 1) jobs[index]?.resolve(results[index] as never);
      this.#running ??= new Promise((resolve) => setTimeout(resolve, 150)).then(() => {
        this.#commit.run();
        this.#running = undefined;
        if (this.#queue.length > 0) this.#schedule();
      }) as Promise<void>;
      return true;
    } catch`,
  },
  {
    name: "the wall clock decides",
    engines: sqlite,
    fault: "clock-step",
    file: "store/clock.ts",
    find: "return { now: () => Math.floor(offset + performance.now()) };",
    replace: "return { now: () => (offset, Date.now()) };",
  },
  {
    name: "a row is replaced whatever its version",
    engines: postgres,
    seconds: 15,
    file: "store/postgres/functions.sql",
    find: "WHERE i.e <> 0 AND i.n > 0 AND t.bucket = i.b AND t.key = i.k AND t.version = i.e AND i.u <> ALL (failed)",
    replace: "WHERE i.e <> 0 AND i.n > 0 AND t.bucket = i.b AND t.key = i.k AND i.u <> ALL (failed)",
  },
  {
    name: "a commit whose answer was lost is decided again as if it were new",
    engines: postgres,
    fault: "cut-connections",
    file: "store/postgres/lane.ts",
    find: "if (isOpen) job.lost.push({ versions, outcome: outcomes[at] });",
    replace: "",
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

/** A copy of the packages with one mutant in it. */
export class MutantSources implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), "antryk-mutant-"));
  readonly command = join(this.#folder, "packages/server/bin/antryk.js");

  constructor({ name, file, find = "", replace = "" }: Mutant) {
    const packages = join(import.meta.dirname, "../../..");
    const modules = join(packages, "../node_modules");
    for (const each of ["server/bin", "server/src", "server/package.json", "contract"])
      cpSync(join(packages, each), join(this.#folder, "packages", each), { recursive: true });
    mkdirSync(join(this.#folder, "node_modules/@antryk"), { recursive: true });
    for (const each of readdirSync(modules)) {
      if (each !== "@antryk") symlinkSync(join(modules, each), join(this.#folder, "node_modules", each));
    }
    symlinkSync("../../packages/contract", join(this.#folder, "node_modules/@antryk/contract"));
    if (file === undefined) return;
    const path = join(this.#folder, "packages/server/src", file);
    const text = readFileSync(path, "utf8");
    if (text.split(find).length !== 2) throw new Error(`the mutant "${name}" does not fit ${file} any more`);
    writeFileSync(
      path,
      text.replace(find, () => replace),
    );
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Runs a mutant; it is caught where the report has a violation. */
export async function runMutant(mutant: Mutant, engine: Engine, seconds: number, seed: number): Promise<RunReport> {
  using sources = new MutantSources(mutant);
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
