/**
 * Packs a package by `npm pack`, in a copy of the sources: files that run meanwhile see none of what packing changes.
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");
const parts = ["package.json", "tsconfig.json", "LICENSE", "CHANGELOG.md", "scripts/packing", "packages/contract"];

/** The packages that are published, by the name of their folder. */
export const published = ["sdk", "server"] as const;

/** Copies what packing the package needs into an empty folder, and returns its path. */
export function copyToPack(name: (typeof published)[number]): string {
  const copy = mkdtempSync(join(tmpdir(), "antryk-pack-"));
  const left = new Set(["node_modules", "dist", ".cache"]);
  const filter = (path: string) => !left.has(path.slice(path.lastIndexOf("/") + 1));
  for (const part of [...parts, `packages/${name}`])
    cpSync(join(root, part), join(copy, part), { recursive: true, filter });
  linkModules(copy);
  return copy;
}

/** Puts the tarball into the folder `destination` and returns its path. */
export function pack(name: (typeof published)[number], destination: string): string {
  const copy = copyToPack(name);
  try {
    const folder = `packages/${name}`;
    const [packed] = JSON.parse(
      execFileSync("npm", ["pack", "--json", "--pack-destination", destination], {
        cwd: join(copy, folder),
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"],
      }),
    ) as [{ filename: string }];
    return join(destination, packed.filename);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/** What is installed here, and the contract of the copy. */
function linkModules(copy: string): void {
  const modules = join(copy, "node_modules");
  mkdirSync(join(modules, "@antryk"), { recursive: true });
  for (const each of readdirSync(join(root, "node_modules"))) {
    if (each !== "@antryk") symlinkSync(join(root, "node_modules", each), join(modules, each));
  }
  symlinkSync("../../packages/contract", join(modules, "@antryk/contract"));
}
