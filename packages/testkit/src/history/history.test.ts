/** The history checker's short form; `npm run check:history` is the long one, with every fault and mutant. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { testSeed } from "../inputs/seed.ts";
import { checkFit } from "../mutants/sources.ts";
import { faults } from "./faults.ts";
import { mutants, runMutant } from "./mutants.ts";
import { type RunReport, runOnce } from "./run.ts";

const seed = testSeed % 1e6;

function faultOf(name: string) {
  return faults.find((each) => each.name === name) ?? assert.fail(name);
}

const wanted = ["send 200", "verify 200 valid", "verify 200 wrong"];

/** Enough has happened for "nothing was broken" to mean something. */
function isTelling({ injected, operations, seen, recipients, undecided }: RunReport): boolean {
  return injected > 0 && recipients - undecided > 20 && operations > 60 && wanted.every((outcome) => seen[outcome]);
}

/** Runs, longer each time, until enough has happened: a slow machine takes longer, and no run may break anything. */
async function runWhole(
  engine: "sqlite" | "postgres",
  fault: string,
  hasMet: (report: RunReport) => boolean,
): Promise<void> {
  for (const seconds of [3, 8, 20, 60]) {
    const report = await runOnce({ engine, fault: faultOf(fault), seconds, seed });
    assert.deepEqual(report.violations, [], `seed ${seed}: ${report.violations.join("\n\n")}`);
    if (isTelling(report) && hasMet(report)) return;
  }
  assert.fail("too little happened in 60 s to show anything");
}

test("every mutant still fits the sources", () => {
  for (const { change } of mutants) if (change) checkFit(change);
});

// Each waits for its own processes most of the time.
describe("under faults", { concurrency: true }, () => {
  test("SQLite: the server is killed under load, and no history breaks the contract", async () => {
    await runWhole("sqlite", "kill-server", ({ unanswered }) => unanswered > 0);
  });

  test("PostgreSQL: connections are cut under load of two servers, and no history breaks the contract", async () => {
    await runWhole("postgres", "cut-connections", ({ unavailable }) => unavailable > 0);
  });

  test("SQLite: the machine is suspended under load, and the time that passed counts", async () => {
    await runWhole("sqlite", "suspension", ({ seen }) => (seen["verify 410 otp_expired"] ?? 0) > 0);
  });

  test("a race put back in is caught", async () => {
    const [mutant = assert.fail()] = mutants;
    for (const seconds of [2, 8, 30, 60]) if ((await runMutant(mutant, "sqlite", seconds, seed)).violated > 0) return;
    assert.fail(`seed ${seed}: "${mutant.name}" was not caught`);
  });
});
