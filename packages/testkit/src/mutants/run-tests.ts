/** Runs test files of a copy of the sources, until the first test fails. */
import { spawn } from "node:child_process";

export type TestsResult =
  | { readonly kind: "passed" }
  /** `by`: the test's name. */
  | { readonly kind: "failed"; readonly by: string };

/** One test that hangs for so long has failed. */
const hangMs = 120_000;

/** `files`: below packages/server/src in `folder`. */
export async function runTests(folder: string, files: readonly string[]): Promise<TestsResult> {
  const flags = [
    "--disable-warning=ExperimentalWarning",
    "--test",
    "--test-reporter=tap",
    "--test-concurrency=1",
    `--test-timeout=${hangMs}`,
  ];
  const child = spawn(process.execPath, [...flags, ...files.map((file) => `packages/server/src/${file}`)], {
    cwd: folder,
    env: Object.fromEntries(Object.entries(process.env).filter(([name]) => name !== "NODE_TEST_CONTEXT")),
    stdio: ["ignore", "pipe", "ignore"],
  });
  let output = "";
  let by: string | undefined;
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    by ??= /^ *not ok \d+ - (.*)$/m.exec(output)?.[1];
    if (by !== undefined) child.kill("SIGTERM");
  });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  if (by !== undefined) return { kind: "failed", by };
  return code === 0 ? { kind: "passed" } : { kind: "failed", by: `the tests ended with ${code}` };
}
