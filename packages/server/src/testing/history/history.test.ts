/** The history checker's short form; `npm run check:history` is the long one, with every fault and mutant. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { faults } from "./faults.ts";
import { mutants, runMutant } from "./mutants.ts";
import { type RunReport, runOnce } from "./run.ts";

const seed = Math.floor(Math.random() * 1e6);

function faultOf(name: string) {
  return faults.find((each) => each.name === name) ?? assert.fail(name);
}

/** Nothing was broken, and enough has happened for that to mean something. */
function assertWhole({ violations, undecided, injected, operations, seen, recipients }: RunReport): void {
  assert.deepEqual(violations, [], `seed ${seed}: ${violations.join("\n\n")}`);
  assert.equal(undecided, 0);
  assert.ok(injected > 0 && recipients > 20 && operations > 150, `${injected} faults, ${recipients} recipients, ${operations} operations`);
  for (const outcome of ["send 200", "verify 200 valid", "verify 200 wrong", "verify 404 otp_not_found"])
    assert.ok(seen[outcome], `${outcome} did not occur: ${JSON.stringify(seen)}`);
}

// Each waits for its own processes most of the time.
describe("under faults", { concurrency: true }, () => {
  test("SQLite: the server is killed under load, and no history breaks the contract", async () => {
    const report = await runOnce({ engine: "sqlite", fault: faultOf("kill-server"), seconds: 3, seed });
    assertWhole(report);
    assert.ok(report.unanswered > 0);
  });

  test("PostgreSQL: connections are cut under load of two servers, and no history breaks the contract", async () => {
    const report = await runOnce({ engine: "postgres", fault: faultOf("cut-connections"), seconds: 3, seed });
    assertWhole(report);
    assert.ok(report.unavailable > 0);
  });

  test("a race put back in is caught", async () => {
    const [mutant = assert.fail()] = mutants;
    const { violated } = await runMutant(mutant, "sqlite", 2, seed);
    assert.ok(violated > 0, `seed ${seed}: "${mutant.name}" was not caught`);
  });
});
