/** The command line in this process, for tests of what commands do; `process.ts` runs them as processes. */
import { runCli } from "../../server/src/cli/program.ts";

export interface RunResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs one command to its end, whatever its exit code. Rejects with what would be an uncaught fault of the process.
 * `env` is the command's whole environment; relative paths are relative to this process's working directory.
 */
export async function run(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<RunResult> {
  const printed = { stdout: "", stderr: "" };
  const stream = (name: keyof typeof printed) => ({
    write: (text: string) => {
      printed[name] += text;
    },
  });
  const code = await runCli(args, { env, stdout: stream("stdout"), stderr: stream("stderr") });
  return { code, ...printed };
}
