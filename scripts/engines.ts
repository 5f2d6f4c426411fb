/**
 * `npm run check:engines`: the store's conformance suite, with its races, and the HTTP suite, on every engine: one
 * column each.
 */
import { run } from "node:test";
import { runHttpSuite } from "./http-suite.ts";
import { testOptions } from "./test-options.ts";

const engines = ["sqlite", "postgres"] as const;
type Engine = (typeof engines)[number];

const suites = {
  "the store's meaning": new Map<string, Map<Engine, boolean>>(),
  "over HTTP": new Map<string, Map<Engine, boolean>>(),
};
type Suite = keyof typeof suites;

function note(suite: Suite, engine: Engine, test: string, passed: boolean): void {
  const row = suites[suite].get(test) ?? new Map<Engine, boolean>();
  // Tests of several files may have the same name.
  suites[suite].set(test, row.set(engine, passed && row.get(engine) !== false));
}

async function collect(stream: ReturnType<typeof run>, suite: Suite, engine: Engine): Promise<void> {
  const nameOf = (name: string) => name.replace(new RegExp(`^${engine}: `), "");
  stream.on("test:pass", ({ name, details }) => {
    if (details.type === "test") note(suite, engine, nameOf(name), true);
  });
  // A file that fails as a whole has an engine that could not start.
  stream.on("test:fail", ({ name, details }) => {
    if (details.type === "suite") return;
    note(suite, engine, nameOf(name), false);
    console.error(`${engine}: ${name}: ${details.error.message}`);
  });
  stream.on("data", () => undefined);
  await new Promise((resolve) => stream.on("end", resolve));
}

for (const engine of engines) {
  const files = [`packages/server/src/store/${engine}/store.test.ts`];
  await collect(run({ ...testOptions, files }), "the store's meaning", engine);
  await runHttpSuite(engine, testOptions, (stream) => collect(stream, "over HTTP", engine));
}

const mark = (passed: boolean | undefined) => (passed === undefined ? "missing" : passed ? "ok" : "FAIL").padEnd(10);
const cells: (boolean | undefined)[] = [];
for (const [suite, results] of Object.entries(suites)) {
  console.log(`${engines.map((engine) => engine.padEnd(10)).join("")}${suite}`);
  for (const [test, row] of results) {
    const ours = engines.map((engine) => row.get(engine));
    cells.push(...ours);
    console.log(`${ours.map(mark).join("")}${test}`);
  }
}
const passed = cells.filter((cell) => cell === true).length;
const failed = cells.length - passed;
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
