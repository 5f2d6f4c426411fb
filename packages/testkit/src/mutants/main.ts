/**
 * `npm run check:rules`: puts known faults into copies of the store's sources, one each, and runs the tests that have to
 * catch them: of the rules on both engines, of the lane on PostgreSQL. Exits with 1 if one is missed.
 * Options: --only PART-OF-A-NAME, --rules, --lane (the default is both).
 */
import { parseArgs } from "node:util";
import { runTests, type TestsResult } from "./run-tests.ts";
import { MutantSources, type SourceChange } from "./sources.ts";
import { laneMutants, meaningOf, ruleMutants } from "./store-mutants.ts";

const { values } = parseArgs({
  options: {
    only: { type: "string", default: "" },
    rules: { type: "boolean", default: false },
    lane: { type: "boolean", default: false },
  },
});
const isBoth = values.rules === values.lane;
const isWanted = ({ name }: { name: string }) => name.includes(values.only);
const all = ["sqlite", "postgres"] as const;
let missed = 0;

async function test(changes: readonly SourceChange[], files: readonly string[]): Promise<TestsResult> {
  using sources = new MutantSources(changes);
  for (const file of files) {
    const result = await runTests(sources.folder, [file]);
    if (result.kind === "failed") return result;
  }
  return { kind: "passed" };
}

function tell(name: string, on: string, result: TestsResult): void {
  if (result.kind === "passed") missed += 1;
  console.log(
    `${result.kind === "passed" ? "MISSED" : "caught"}  ${on.padEnd(8)}  ${name}${result.kind === "failed" ? `: ${result.by}` : ""}`,
  );
}

const wantedRules = isBoth || values.rules ? ruleMutants.filter(isWanted) : [];
const wantedLane = isBoth || values.lane ? laneMutants.filter(isWanted) : [];
// What fails without a fault catches nothing.
const files = new Set([
  ...(wantedRules.length > 0 ? Object.values(meaningOf) : []),
  ...wantedLane.flatMap(({ tests }) => tests),
]);
const without = await test([], [...files]);
if (without.kind === "failed") {
  console.error(`the tests fail without any fault: ${without.by}`);
  process.exit(2);
}
for (const { name, changes, engines = all } of wantedRules) {
  for (const engine of engines) tell(name, engine, await test(changes, [meaningOf[engine]]));
}
for (const { name, changes, tests } of wantedLane) tell(name, "postgres", await test(changes, tests));
process.exitCode = missed === 0 ? 0 : 1;
