/** Builds the package as it is published, into `dist/package`, and packs it: `dist/antryk-sdk-VERSION.tgz`. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const root = join(import.meta.dirname, "../..");

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly [field: string]: unknown;
}

export const manifest: Manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** What npm publishes: in the repository `exports` lead to the sources, in the package to what was built from them. */
function published(): object {
  // TypeScript finds each file's declarations beside it.
  const entry = (name: string) => ({ import: `./dist/esm/${name}.js`, require: `./dist/cjs/${name}.js` });
  const { scripts: _scripts, devDependencies: _dev, exports: _exports, ...kept } = manifest;
  return {
    ...kept,
    exports: { ".": entry("index"), "./testing": entry("testing"), "./package.json": "./package.json" },
    main: "./dist/cjs/index.js",
    files: ["dist"],
  };
}

/** Builds and packs. Gives the tarball's path. */
export function packPackage(): string {
  const dist = join(root, "dist");
  const folder = join(dist, "package");
  rmSync(dist, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const tsdown = join(dirname(createRequire(import.meta.url).resolve("tsdown")), "run.mjs");
  execFileSync(process.execPath, [tsdown, "--logLevel", "error"], { cwd: root, stdio: "inherit" });
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(published())}\n`);
  addCommonJs(join(folder, "dist"));
  const readme = readFileSync(join(root, "README.md"), "utf8");
  writeFileSync(join(folder, "README.md"), readme.replaceAll(/ +\|/g, " |").replaceAll(/-{3,}/g, "---"));
  execFileSync("npm", ["pack", "--silent", "--pack-destination", dist], { cwd: folder, stdio: "ignore" });
  return join(dist, `antryk-sdk-${manifest.version}.tgz`);
}

/**
 * The CommonJS twin of each file is the same text with its one export statement rewritten. npm packs files of one name
 * side by side, where the compressor finds the second again: two formats for little more than the size of one.
 */
function addCommonJs(dist: string): void {
  mkdirSync(join(dist, "cjs"));
  writeFileSync(join(dist, "cjs/package.json"), '{"type":"commonjs"}\n');
  for (const file of readdirSync(join(dist, "esm"))) {
    const path = join(dist, "esm", file);
    const built = readFileSync(path, "utf8");
    const text = file.endsWith(".js") ? built.replaceAll("/* @__PURE__ */ ", "") : exportInPlace(built);
    writeFileSync(path, text);
    writeFileSync(join(dist, "cjs", file), file.endsWith(".js") ? commonJs(text) : text);
  }
}

/** Declarations say `export` where they stand, in place of a list at the end that names them all again. */
function exportInPlace(declarations: string): string {
  const [, body = "", list = ""] = /^(.*)export \{([^{}]*)\};\s*$/s.exec(declarations) ?? [];
  const names = new Set(list.split(",").map((name) => name.trim().replace(/^type /, "")));
  const found = new Set<string>();
  const text = body.replaceAll(/^(?:declare )?(class|interface|type|const|function) (\w+)/gm, (all, kind: string, name: string) => {
    found.add(name);
    const declare = kind === "interface" || kind === "type" ? "" : "declare ";
    return names.has(name) ? `export ${declare}${kind} ${name}` : all;
  });
  const lost = [...names].filter((name) => !found.has(name));
  if (lost.length > 0) throw new Error(`no declaration of ${lost.join(", ")}`);
  // Without this a declaration file exports what it only uses itself.
  return `${text.replaceAll(/^(?: {2})+/gm, (indent) => "\t".repeat(indent.length / 2))}export {};\n`;
}

function commonJs(esm: string): string {
  const [, body, names] = /^(.*)export\{([^{}]*)\};\s*$/s.exec(esm) ?? [];
  if (body === undefined || names === undefined || /\b(import|export)[ {*"]/.test(body))
    throw new Error("the build is not one file with one export at its end");
  const assignments = names.split(",").map((name) => {
    const [local, exported = local] = name.split(" as ");
    return local === exported ? local : `${exported}:${local}`;
  });
  return `"use strict";${body}module.exports={${assignments.join()}};\n`;
}

if (import.meta.main) {
  const tarball = packPackage();
  console.log(`${tarball} ${(statSync(tarball).size / 1000).toFixed(1)} kB`);
}
