/** Where the command begins. */
import { runCli } from "./cli/program.ts";

/** Runs the command with these arguments; sets `process.exitCode`. */
export async function main(args: readonly string[]): Promise<void> {
  endWithReaders();
  process.exitCode = await runCli(args);
}

/**
 * Who reads the output may have enough of it, as `head` has: then what is left goes nowhere, and that is no fault.
 * A server goes on without its log.
 */
function endWithReaders(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on("error", (fault: NodeJS.ErrnoException) => {
      if (fault.code !== "EPIPE") throw fault;
    });
}
