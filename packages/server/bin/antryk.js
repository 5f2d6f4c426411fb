#!/usr/bin/env node
// Plain JavaScript that old versions of Node parse: finds a Node that is new enough, then the program.
import { execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import * as module from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const needed = 24;
const home = dirname(dirname(fileURLToPath(import.meta.url)));
// A clone has the sources, what is published has not; what a clone has built may be older than they are.
const sources = join(home, "src", "main.ts");
const entry = existsSync(sources) ? sources : join(home, "dist", "main.js");

const majorOf = (version) => Number(version.replace(/^v/, "").split(".")[0]);

/** A Node that npm brought, in a node_modules of this folder or one above it. */
function broughtNode() {
  for (let folder = home; ; folder = dirname(folder)) {
    const candidate = join(folder, "node_modules", ".bin", process.platform === "win32" ? "node.cmd" : "node");
    try {
      if (existsSync(candidate) && majorOf(execFileSync(candidate, ["--version"], { encoding: "utf8" })) >= needed)
        return candidate;
    } catch {
      // Not one that runs here; look further up.
    }
    if (folder === dirname(folder)) return undefined;
  }
}

if (majorOf(process.versions.node) >= needed) {
  // node:sqlite still calls itself experimental; that is our concern, not the operator's.
  process.removeAllListeners("warning");
  process.on("warning", (warning) => {
    if (warning.name !== "ExperimentalWarning") console.error(`${warning.name}: ${warning.message}`);
  });
  // Before the first source is loaded: where all of them come from the cache, the compiler of TypeScript and its 25 MB are
  // never needed. Beside the sources, not in the folder for temporary files, where others could plant code.
  module.enableCompileCache(join(home, ".cache"));
  const { main } = await import(pathToFileURL(entry).href);
  await main(process.argv.slice(2));
} else {
  const node = broughtNode();
  if (node === undefined) {
    console.error(
      `antryk needs Node.js ${needed} or newer; this is ${process.version}. Install it from nodejs.org, or run "npm ci" where antryk is installed.`,
    );
    process.exitCode = 1;
  } else {
    const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: "inherit" });
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
    child.on("exit", (code, signal) => {
      process.exitCode = code ?? (signal ? 1 : 0);
    });
  }
}
