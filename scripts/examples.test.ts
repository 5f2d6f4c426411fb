/** What every example has, and where the list of them is. */
import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { installedExamples } from "./examples.ts";

const root = join(import.meta.dirname, "..");
const read = (path: string) => readFileSync(join(root, path), "utf8");

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly workspaces?: readonly string[];
  readonly [kind: `${string}ependencies`]: Readonly<Record<string, string>> | undefined;
}

const manifests = globSync("examples/*/package.json", { cwd: root }).map((path) => ({
  folder: dirname(path).replaceAll("\\", "/").slice("examples/".length),
  manifest: JSON.parse(read(path)) as Manifest,
}));

test("every example is private, named as its folder, explained and a workspace of examples/", () => {
  const { workspaces } = JSON.parse(read("examples/package.json")) as Manifest;
  assert.deepEqual([...(workspaces ?? [])].sort(), manifests.map(({ folder }) => folder).sort());
  for (const { folder, manifest } of manifests) {
    assert.deepEqual([manifest.name, manifest.private], [folder, true]);
    assert.ok(existsSync(join(root, "examples", folder, "README.md")), `${folder} has no README`);
    assert.ok(
      read("examples/README.md").includes(`${folder}/README.md`),
      `examples/README.md does not lead to ${folder}`,
    );
  }
});

test("versions are exact, and the SDK is this repository's", () => {
  for (const { folder, manifest } of manifests) {
    const pins = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies };
    for (const [name, version] of Object.entries(pins))
      assert.match(
        version,
        name === "@antryk/sdk" ? /^file:\.\.\/\.\.\/packages\/sdk$/ : /^\d+\.\d+\.\d+$/,
        `${folder}: ${name}`,
      );
  }
});

test("no lock names the host that packages came from", () => {
  for (const path of ["package-lock.json", "examples/package-lock.json"])
    assert.doesNotMatch(read(path), /"resolved": "\w+:/, path);
});

test("examples that need further packages are left out of the repository's type check", () => {
  const { exclude } = JSON.parse(read("tsconfig.json")) as { exclude: readonly string[] };
  const left = exclude.filter((path) => path.startsWith("examples/") && !path.includes("*"));
  assert.deepEqual(left.map((path) => path.slice("examples/".length)).sort(), [...installedExamples].sort());
});
