/**
 * `prepack` and `postpack` of the packages that are published. Between the two, a package's folder holds what npm
 * packs: the manifest as it is published, the licence, and the changelog if it has room for it. The manifest in the sources is private, so npm
 * never publishes a folder, only a tarball; `prepublishOnly` says so.
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Manifest, publishedManifest } from "./manifest.ts";

const root = join(import.meta.dirname, "../..");
const shared = ["LICENSE", "CHANGELOG.md"];

function prepack(folder: string): void {
  // What a pack that was interrupted has left.
  postpack(folder);
  const path = join(folder, "package.json");
  const manifest = JSON.parse(readFileSync(path, "utf8")) as Manifest;
  mkdirSync(join(folder, ".cache"), { recursive: true });
  copyFileSync(path, keptIn(folder));
  // npm takes the licence by itself; other files are in `files`, or left out.
  for (const file of shared)
    if (file === "LICENSE" || filesOf(manifest).includes(file)) copyFileSync(join(root, file), join(folder, file));
  writeFileSync(path, `${JSON.stringify(publishedManifest(manifest), null, 2)}\n`);
}

function filesOf({ files }: Manifest): readonly unknown[] {
  return Array.isArray(files) ? files : [];
}

function postpack(folder: string): void {
  if (!existsSync(keptIn(folder))) return;
  renameSync(keptIn(folder), join(folder, "package.json"));
  for (const file of shared) rmSync(join(folder, file), { force: true });
}

/** Where the manifest of the sources waits meanwhile. */
function keptIn(folder: string): string {
  return join(folder, ".cache", "package.json");
}

const [hook] = process.argv.slice(2);
if (hook === "prepack") prepack(process.cwd());
else if (hook === "postpack") postpack(process.cwd());
else {
  console.error("npm publishes a tarball here, not this folder: npm run release packs it and prints the command.");
  process.exitCode = 1;
}
