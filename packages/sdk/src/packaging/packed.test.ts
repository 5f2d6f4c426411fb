/** Ships what is tested: the tarball that npm would publish, installed as users install it. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { blocksOf, readPage } from "../../../../scripts/docs/pages.ts";
import { copyToPack, pack } from "../../../../scripts/packing/pack.ts";
import { bothFormats, cjs, esm, platformTypes, typescript } from "./consumers.ts";

const require = createRequire(import.meta.url);
/** The figure to hold. */
const packedBytesLimit = 30_000;

describe("the packed package", () => {
  const project = mkdtempSync(join(tmpdir(), "antryk-sdk-"));
  let tarball = "";

  before(() => {
    tarball = pack("sdk", project);
    writeFileSync(join(project, "package.json"), '{"name":"consumer","private":true,"type":"module"}');
    execFileSync("npm", ["install", "--offline", "--ignore-scripts", "--no-audit", "--no-fund", "--silent", tarball], {
      cwd: project,
    });
  });
  after(() => rmSync(project, { recursive: true, force: true }));

  const run = (file: string, source: string) => {
    writeFileSync(join(project, file), source);
    return execFileSync(process.execPath, [file], { cwd: project, encoding: "utf8" }).trim();
  };

  it("is small", () => {
    const { size } = statSync(tarball);
    assert.ok(size <= packedBytesLimit, `${size} bytes`);
  });

  it("has no dependency and runs nothing when it is installed", () => {
    const manifest = JSON.parse(readFileSync(join(project, "node_modules/@antryk/sdk/package.json"), "utf8"));
    for (const field of ["dependencies", "peerDependencies", "optionalDependencies", "devDependencies", "scripts"])
      assert.equal(manifest[field], undefined, field);
    assert.deepEqual(
      JSON.parse(readFileSync(join(project, "package-lock.json"), "utf8")).packages["node_modules/@antryk/sdk"]
        .dependencies,
      undefined,
    );
  });

  it("shows its own names when a client or an error is printed", () => {
    const source = `
      const { AntrykClient, OtpPendingError } = require("@antryk/sdk");
      const client = new AntrykClient({ baseUrl: "https://h", accessKey: "a", secretKey: "s" });
      console.log(require("node:util").inspect(client), OtpPendingError.name);`;
    assert.equal(run("names.cjs", source), "AntrykClient { sms: Sms {} } OtpPendingError");
  });

  it("can be kept in another repository, as the documentation shows", () => {
    const copy = copyToPack("sdk");
    const app = mkdtempSync(join(tmpdir(), "antryk-app-"));
    try {
      const text = readPage("docs/sdk.md");
      const block = blocksOf(text).find((each) => each.text.includes("npm pack"));
      assert.ok(block, "docs/sdk.md shows how");
      const shown = block.text.replaceAll("../my-app", app);
      const env = { ...process.env, npm_config_offline: "true", npm_config_audit: "false" };
      const bash = (cwd: string, script: string) =>
        execFileSync("bash", ["-euc", script], { cwd, env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
      bash(app, "git init --quiet . && npm init --yes");
      bash(copy, shown);
      assert.match(bash(app, "git diff --cached --name-only"), /vendor\/antryk-sdk-.*\.tgz/);
      bash(app, "rm -r node_modules && npm ci");
      assert.match(bash(app, `node -p 'require("@antryk/sdk").AntrykClient.name'`), /^AntrykClient$/m);
    } finally {
      for (const folder of [app, copy]) rmSync(folder, { recursive: true, force: true });
    }
  });

  it("warns of a test for `success` alone, which is true for a wrong code", () => {
    const declared = readFileSync(join(project, "node_modules/@antryk/sdk/dist/esm/index.d.ts"), "utf8");
    for (const name of ["VerifiedReply", "WrongCodeReply"])
      assert.match(declared, new RegExp(`interface ${name} \\{\\s*/\\*\\* @deprecated [^*]*data\\.valid`), name);
  });

  it("runs as ESM", () => assert.equal(run("esm.mjs", esm), "ok"));
  it("runs as CommonJS", () => assert.equal(run("cjs.cjs", cjs), "ok"));
  it("runs as both in one process", () => assert.equal(run("both.mjs", bothFormats), "ok"));

  const compilers: Record<string, { file: string; options: object }> = {
    "node16, ESM": { file: "consumer.mts", options: { module: "node16", moduleResolution: "node16" } },
    "node16, CommonJS": { file: "consumer.cts", options: { module: "node16", moduleResolution: "node16" } },
    nodenext: { file: "consumer.mts", options: { module: "nodenext", moduleResolution: "nodenext" } },
    bundler: { file: "consumer.ts", options: { module: "esnext", moduleResolution: "bundler" } },
  };
  for (const [name, { file, options }] of Object.entries(compilers)) {
    it(`compiles for TypeScript ${name}, without the platform's types`, () =>
      compile(project, name, file, typescript, { ...options, types: [], lib: ["es2022"] }));
  }
  it("takes the platform's fetch, signal and console", () => {
    const modern = { module: "esnext", moduleResolution: "bundler", types: [] };
    compile(project, "dom", "platform.ts", platformTypes, { ...modern, lib: ["es2022", "dom"] });
  });

  it("is clean for publint", async () => {
    const { publint } = await import("publint");
    const { messages } = await publint({
      pkgDir: join(project, "node_modules/@antryk/sdk"),
      level: "suggestion",
      strict: true,
      pack: false,
    });
    assert.deepEqual(messages, []);
  });

  it("is clean for attw", async () => {
    const { checkPackage, createPackageFromTarballData } = await import("@arethetypeswrong/core");
    const result = await checkPackage(createPackageFromTarballData(new Uint8Array(readFileSync(tarball))));
    assert.ok(result.types);
    // Resolution by `main` alone knows no sub-paths: TypeScript's "node10", which ended with Node 12's exports.
    const problems = result.problems.filter(
      (problem) => !("resolutionKind" in problem && problem.resolutionKind === "node10"),
    );
    assert.deepEqual(problems, []);
  });

  it("bundles for edge runtimes without a Node module", async () => {
    const { rolldown } = await import(require.resolve("rolldown", { paths: [dirname(require.resolve("tsdown"))] }));
    writeFileSync(join(project, "edge.js"), 'export { AntrykClient } from "@antryk/sdk";');
    const bundle = await rolldown({ input: join(project, "edge.js"), platform: "browser", external: /^node:/ });
    const { output } = await bundle.generate({ format: "esm" });
    assert.deepEqual(output[0].imports, []);
    assert.doesNotMatch(output[0].code, /\brequire\(|\bimport\(/);
  });
});

function compile(project: string, name: string, file: string, source: string, options: object): void {
  const folder = join(project, name.replaceAll(/\W+/g, "-"));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, file), source);
  const strict = {
    strict: true,
    noEmit: true,
    skipLibCheck: false,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    target: "es2022",
  };
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({ compilerOptions: { ...strict, ...options }, files: [file] }),
  );
  const tsc = join(dirname(require.resolve("typescript/package.json")), "bin/tsc");
  try {
    execFileSync(process.execPath, [tsc, "-p", folder], { encoding: "utf8" });
  } catch (error) {
    assert.fail((error as { stdout: string }).stdout);
  }
}
