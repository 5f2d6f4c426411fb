/** How test files are run, whichever command runs them. */
import { availableParallelism } from "node:os";
import { join } from "node:path";

export const testOptions = {
  concurrency: availableParallelism(),
  /** Against hangs only, ms: the slowest file takes half a minute on a machine that has nothing else to do. */
  timeout: 1_800_000,
  execArgv: ["--disable-warning=ExperimentalWarning"],
};

// A hundred processes load the same modules; what Node has compiled is a third of what a short file costs.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, "../node_modules/.cache/antryk-tests");
