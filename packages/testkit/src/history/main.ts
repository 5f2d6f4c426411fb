/**
 * `npm run check:history`: records a load under faults, and checks it. Exits with 1 if the contract was broken.
 * Options: --engine sqlite|postgres|both, --fault NAME|all, --seconds N, --seed N, --seeds N (runs of each fault, with
 * seeds one after the other from --seed on), --mutants, --mutant PART-OF-A-NAME, --json.
 */
import { parseArgs } from "node:util";
import type { Engine } from "../engines.ts";
import { faults } from "./faults.ts";
import { runMutants } from "./mutants.ts";
import { type RunReport, runOnce } from "./run.ts";

const { values } = parseArgs({
  options: {
    engine: { type: "string", default: "both" },
    fault: { type: "string", default: "all" },
    seconds: { type: "string", default: "20" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 1e6)) },
    seeds: { type: "string", default: "1" },
    mutants: { type: "boolean", default: false },
    mutant: { type: "string" },
    json: { type: "boolean", default: false },
  },
});

function usage(message: string): never {
  console.error(`${message}\nfaults: all, ${faults.map(({ name }) => name).join(", ")}`);
  process.exit(2);
}

const engines: readonly Engine[] =
  values.engine === "both"
    ? ["sqlite", "postgres"]
    : values.engine === "sqlite" || values.engine === "postgres"
      ? [values.engine]
      : usage("--engine is sqlite, postgres or both");
const chosen = values.fault === "all" ? faults : faults.filter(({ name }) => values.fault.split(",").includes(name));
if (chosen.length === 0) usage(`there is no fault ${values.fault}`);
const seconds = /^[1-9]\d{0,3}$/.test(values.seconds) ? Number(values.seconds) : usage("--seconds is a whole number");
const seeds = /^[1-9]\d{0,2}$/.test(values.seeds) ? Number(values.seeds) : usage("--seeds is a whole number");
const seed = /^\d{1,9}$/.test(values.seed) ? Number(values.seed) : usage("--seed is a whole number");

const columns = [22, 9, 5, 10, 10, 8, 8, 10, 4, 10, 9];
function row(cells: readonly (string | number)[]): void {
  console.log(
    cells
      .map((cell, n) => (n < 2 ? String(cell).padEnd(columns[n] ?? 0) : String(cell).padStart(columns[n] ?? 0)))
      .join(" "),
  );
}

let broken = 0;
if (values.mutants || values.mutant !== undefined) {
  console.log(`seed ${seed}`);
  broken = await runMutants({
    engines,
    seconds: Math.min(seconds, 12),
    seed,
    only: values.mutant,
    tell: (line) => console.log(line),
  });
} else {
  console.log(`${seeds === 1 ? `seed ${seed}` : `seeds ${seed} to ${seed + seeds - 1}`}, ${seconds} s each`);
  row([
    "fault",
    "engine",
    "s",
    "recipients",
    "operations",
    "messages",
    "injected",
    "unanswered",
    "503",
    "violations",
    "undecided",
  ]);
  const reports: RunReport[] = [];
  for (const fault of chosen) {
    for (const engine of engines.filter((each) => fault.engines.includes(each))) {
      const lacking = fault.lacking?.();
      if (lacking) {
        row([fault.name, engine, `not run: ${lacking}`]);
        continue;
      }
      for (let n = 0; n < seeds; n += 1) {
        const report = await runOnce({ engine, fault, seconds, seed: seed + n });
        reports.push(report);
        const { recipients, operations, messages, injected, unanswered, unavailable, violated, undecided } = report;
        row([
          fault.name,
          engine,
          seconds,
          recipients,
          operations,
          messages,
          injected,
          unanswered,
          unavailable,
          violated,
          undecided,
        ]);
        for (const text of report.violations) console.log(`\nseed ${seed + n}: ${text}\n`);
        broken += violated + undecided;
      }
    }
  }
  if (values.json) console.log(JSON.stringify(reports));
}
// Whatever a fault has left open does not hold the command.
process.exit(broken === 0 ? 0 : 1);
