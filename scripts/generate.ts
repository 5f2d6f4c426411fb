/**
 * `npm run generate`: writes the sources that are made from other sources, and then the documentation (`npm run docs`).
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { sdkErrorFiles } from "./generate/sdk-errors.ts";
import { sdkSandboxFiles } from "./generate/sdk-sandbox-numbers.ts";

const root = join(import.meta.dirname, "..");

/** The files that are not as they would be made now, with the text that they should have. */
export function stale(): Map<string, string> {
  const made = Object.entries({ ...sdkErrorFiles, ...sdkSandboxFiles }).map(([file, make]) => [file, make()] as const);
  return new Map(
    made.filter(([file, text]) => !existsSync(join(root, file)) || readFileSync(join(root, file), "utf8") !== text),
  );
}

if (import.meta.main) {
  for (const [file, text] of stale()) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
    console.log(`wrote ${file}`);
  }
}
