/**
 * `npm run release`: checks that a release can be made, tests everything, packs both packages into `release/`, and
 * prints what is left to do by hand. It publishes nothing and changes nothing in the repository.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { version as sdkVersion } from "../packages/sdk/src/version.ts";
import { pack, published } from "./packing/pack.ts";
import { readiness } from "./release/readiness.ts";

const root = join(import.meta.dirname, "..");
const folder = join(root, "release");

const read = (file: string) => readFileSync(join(root, file), "utf8");
const git = (...args: string[]) => execFileSync("git", args, { cwd: root, encoding: "utf8" });

function versions(): Record<string, string> {
  const manifests = ["contract", ...published].map((name) => `packages/${name}/package.json`);
  const named = manifests.map((file) => [file, (JSON.parse(read(file)) as { version: string }).version] as const);
  return { ...Object.fromEntries(named), "packages/sdk/src/version.ts": sdkVersion };
}

function run(...command: readonly [string, ...string[]]): boolean {
  const [program, ...args] = command;
  console.log(`$ ${command.join(" ")}`);
  return spawnSync(program, args, { cwd: root, stdio: "inherit", shell: process.platform === "win32" }).status === 0;
}

function packAll(): string[] {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  return published.map((name) => pack(name, folder));
}

function release(): number {
  const facts = { status: git("status", "--porcelain"), tags: git("tag", "--list").split("\n"), versions: versions() };
  const { version, problems } = readiness({ ...facts, changelog: read("CHANGELOG.md") });
  if (problems.length > 0) {
    console.error(problems.join("\n"));
    return 1;
  }
  if (!run("npm", "test") || !run("npm", "run", "test:runtimes", "-w", "@antryk/sdk")) return 1;
  const tarballs = packAll();
  for (const tarball of tarballs) {
    const bytes = readFileSync(tarball);
    const digest = createHash("sha256").update(bytes).digest("hex");
    console.log(`${digest}  ${basename(tarball)}  ${(bytes.length / 1000).toFixed(1)} kB`);
  }
  console.log(`\nTo publish ${version}:\n
  git tag -a v${version} -m "Antryk ${version}" && git push origin v${version}
${tarballs.map((tarball) => `  npm publish release/${basename(tarball)}`).join("\n")}`);
  return 0;
}

process.exitCode = release();
