/** `npm run check:engines`: the store's conformance suite on every engine, one column each. */
import { run } from "node:test";

const engines = ["sqlite", "postgres"];
const results = new Map<string, Map<string, boolean>>();

const stream = run({
  files: engines.map((engine) => `packages/server/src/store/${engine}/store.test.ts`),
  timeout: 300_000,
  execArgv: ["--disable-warning=ExperimentalWarning"],
});

function note(name: string, passed: boolean): void {
  const [, engine = "", test = ""] = /^(\w+): (.*)$/s.exec(name) ?? [];
  if (!engines.includes(engine)) {
    // A file that fails as a whole: its engine could not start.
    if (!passed) console.error(name);
    return;
  }
  const row = results.get(test) ?? new Map<string, boolean>();
  results.set(test, row.set(engine, passed));
}

stream.on("test:pass", ({ name }) => note(name, true));
stream.on("test:fail", ({ name, details }) => {
  note(name, false);
  console.error(`${name}: ${details.error.message}`);
});
stream.on("data", () => undefined);
await new Promise((resolve) => stream.on("end", resolve));

const mark = (passed: boolean | undefined) => (passed === undefined ? "missing" : passed ? "ok" : "FAIL").padEnd(10);
console.log(`${engines.map((engine) => engine.padEnd(10)).join("")}the store's meaning`);
for (const [test, row] of results) console.log(`${engines.map((engine) => mark(row.get(engine))).join("")}${test}`);
const cells = [...results.values()].flatMap((row) => engines.map((engine) => row.get(engine) === true));
const passed = cells.filter(Boolean).length;
const failed = cells.length - passed;
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
