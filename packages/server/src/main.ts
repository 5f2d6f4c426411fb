/** Where the command begins. */
import { runCli } from "./cli/program.ts";

/** Runs the command with these arguments; sets `process.exitCode`. */
export async function main(args: readonly string[]): Promise<void> {
  process.exitCode = await runCli(args);
}
