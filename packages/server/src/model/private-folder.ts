/** Folders for what only this program may read. */
import { existsSync, mkdirSync } from "node:fs";
import { dirname, resolve } from "node:path";

/**
 * Makes a folder (0700) and those above it that are missing. Throws what the system says.
 * One by one: where nothing can be made, below /proc, Node's own recursive way never ends.
 */
export function makePrivateFolder(path: string): void {
  const missing: string[] = [];
  for (let folder = resolve(path); !existsSync(folder); folder = dirname(folder)) missing.unshift(folder);
  for (const folder of missing) {
    try {
      mkdirSync(folder, { mode: 0o700 });
    } catch (fault) {
      // Another process made it meanwhile.
      if ((fault as NodeJS.ErrnoException).code !== "EEXIST") throw fault;
    }
  }
}
