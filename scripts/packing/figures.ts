/**
 * `npm run bench:packages`: the size of the tarballs, and the processor time of a command, installed and from the
 * clone.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { Consumer } from "./consumer.ts";

const runs = 15;
const clone = join(import.meta.dirname, "../../packages/server/bin/antryk.js");

/** User and system time of a command in ms, the median of many runs, with the compile cache warm. */
function processorMs(command: string, args: readonly string[], cwd: string): number {
  const once = () => {
    const line = ["time", process.execPath, command, ...args]
      .map((word) => (word === "time" ? word : `'${word}'`))
      .join(" ");
    const printed = execFileSync("bash", ["-c", `TIMEFORMAT='%3U %3S'; { ${line} >/dev/null; } 2>&1`], {
      cwd,
      encoding: "utf8",
    });
    const [user = Number.NaN, system = Number.NaN] = printed.trim().split(" ").map(Number);
    return 1000 * (user + system);
  };
  once();
  const times = Array.from({ length: runs }, once).sort((a, b) => a - b);
  return times[Math.floor(runs / 2)] ?? Number.NaN;
}

using consumer = new Consumer();
const installation = mkdtempSync(join(tmpdir(), "antryk-figures-"));
try {
  for (const tarball of await consumer.install())
    console.log(`${basename(tarball)}: ${(statSync(tarball).size / 1000).toFixed(1)} kB`);
  execFileSync(process.execPath, [consumer.command, "init"], { cwd: installation, stdio: "ignore" });
  for (const args of [["--version"], ["service", "list"], ["service", "create", "--help"]]) {
    for (const [place, command] of Object.entries({ installed: consumer.command, "from a clone": clone }))
      console.log(
        `antryk ${args.join(" ")}, ${place}: ${processorMs(command, args, installation).toFixed(0)} ms of ` +
          "processor time",
      );
  }
} finally {
  rmSync(installation, { recursive: true, force: true });
}
