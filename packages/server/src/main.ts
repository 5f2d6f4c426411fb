/** Where the command begins. */
import { enableCompileCache } from "node:module";

/** Runs the command with these arguments; sets `process.exitCode`. */
export async function main(args: readonly string[]): Promise<void> {
  enableCompileCache();
  const { runCli } = await import("./cli/program.ts");
  process.exitCode = await runCli(args);
}
