/**
 * `npm test`: types, formatter and linter, unused code, spelling, every test file, and the HTTP suite once more on
 * PostgreSQL; ends with one line, `N passed, N failed`.
 * `npm test -- PATTERN …` runs only the files whose path contains one of the patterns, and skips the static checks.
 */
import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { resolve } from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { installedExamples } from "./examples.ts";
import { runHttpSuite } from "./http-suite.ts";
import { testOptions } from "./test-options.ts";

const shownSlowest = 15;
const patterns = process.argv.slice(2);
/** Those that start processes first: the last file to end should be a short one. */
const places = [
  "packages/*/test/**/*.test.ts",
  "packages/server/src/cli/**/*.test.ts",
  "scripts/**/*.test.ts",
  "packages/testkit/src/**/*.test.ts",
  "packages/server/src/store/**/*.test.ts",
  "bench/src/**/*.test.ts",
  "examples/**/*.test.ts",
  "packages/*/src/**/*.test.ts",
];
// The last ones need further packages: `npm run test:examples`.
const exclude = ["**/node_modules/**", ...installedExamples.map((name) => `examples/${name}/**`)];
const files = [...new Set(places.flatMap((place) => globSync(place, { exclude }).sort()))].filter(
  (file) => patterns.length === 0 || patterns.some((pattern) => file.includes(pattern)),
);

let passed = 0;
let failed = 0;
const deaths: string[] = [];
const durations: { readonly file: string; readonly seconds: number }[] = [];

function check(name: string, command: string, args: readonly string[]): void {
  const { status } = spawnSync(process.execPath, [command, ...args], { stdio: "inherit" });
  if (status === 0) passed += 1;
  else failed += 1;
  console.log(`${status === 0 ? "✔" : "✖"} ${name}`);
}

if (patterns.length === 0) {
  check("types", "node_modules/typescript/bin/tsc", ["-p", "tsconfig.json"]);
  check("formatter and linter", "node_modules/@biomejs/biome/bin/biome", ["check", "--error-on-warnings", "."]);
  check("unused code", "node_modules/knip/bin/knip.js", []);
  check("spelling", "node_modules/cspell/bin.mjs", ["lint", "--no-progress", "--no-summary"]);
}

if (files.length === 0) {
  console.error(`no test file matches ${patterns.join(", ")}`);
  failed += 1;
} else {
  await report(run({ ...testOptions, files }));
  if (patterns.length === 0) {
    console.log("The HTTP suite on PostgreSQL:");
    await runHttpSuite("postgres", testOptions, report);
  }
}

async function report(stream: ReturnType<typeof run>): Promise<void> {
  stream.on("test:pass", ({ details }) => {
    if (details.type !== "suite") passed += 1;
  });
  stream.on("test:fail", ({ name, details }) => {
    if (details.type !== "suite") failed += 1;
    // A file that ends outside its tests; the reporter does not say how.
    const { exitCode, signal } = details.error as { exitCode?: number | null; signal?: string | null };
    if (exitCode !== undefined) deaths.push(`${name} ended by ${signal ?? `exit code ${exitCode}`}`);
  });
  stream.on("test:complete", ({ name, file, details }) => {
    // A file as a whole, with the start of its process.
    if (file === resolve(name)) durations.push({ file: name, seconds: details.duration_ms / 1000 });
  });
  for await (const chunk of stream.compose(new spec())) process.stdout.write(chunk as string);
}

for (const death of deaths) console.log(death);
if (durations.length > 1) {
  console.log("The slowest files:");
  const slowest = durations.sort((one, other) => other.seconds - one.seconds).slice(0, shownSlowest);
  for (const { file, seconds } of slowest) console.log(`${seconds.toFixed(1).padStart(6)} s  ${file}`);
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
