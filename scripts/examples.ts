/**
 * `npm run test:examples`: installs what the examples need into `examples/`, which `npm ci` of the repository does not,
 * checks their types, and runs every test of them. `-- --next` also builds the Next.js example and tests what was
 * built.
 */
import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { join } from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";

/** Examples whose tests can't run with what the repository installs. `tsconfig.json` leaves the same ones out. */
export const installedExamples: readonly string[] = [
  "better-auth-phone",
  "express-sign-in",
  "react-otp-form",
  "twilio-verify-migration",
];

const root = join(import.meta.dirname, "..");
const folder = join(root, "examples");

function step(name: string, command: string, args: readonly string[]): boolean {
  console.log(`$ ${name}`);
  const { status } = spawnSync(command, args, { cwd: folder, stdio: "inherit", shell: process.platform === "win32" });
  console.log(`${status === 0 ? "✔" : "✖"} ${name}`);
  return status === 0;
}

async function main(): Promise<void> {
  let passed = 0;
  let failed = 0;
  const count = (ok: boolean) => (ok ? passed++ : failed++);
  const withNext = process.argv.includes("--next");

  if (!step("npm ci, in examples/", "npm", ["ci"])) process.exit(1);
  count(step("types", process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", "tsconfig.json"]));
  count(step("the form's build", "npm", ["run", "build", "-w", "react-otp-form"]));
  if (withNext) count(step("next build", "npm", ["run", "build", "-w", "nextjs-sign-in"]));

  const files = globSync(["*/*.test.ts", ...(withNext ? ["nextjs-sign-in/built.check.ts"] : [])], {
    cwd: folder,
  }).sort();
  const stream = run({ files: files.map((file) => join(folder, file)), concurrency: 2, timeout: 1_800_000 });
  stream.on("test:pass", ({ details }) => {
    if (details.type !== "suite") passed += 1;
  });
  stream.on("test:fail", ({ details }) => {
    if (details.type !== "suite") failed += 1;
  });
  for await (const chunk of stream.compose(new spec())) process.stdout.write(chunk as string);

  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

if (import.meta.main) await main();
