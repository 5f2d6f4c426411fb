/**
 * What npm would publish, installed into an empty folder: the server runs, and the SDK sends and verifies through it.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { Installation } from "@antryk/testkit/process";
import { providers } from "../../packages/server/src/gateways/registry.ts";
import { Consumer } from "./consumer.ts";

/** Prints `true`: whether the code that came by the sandbox was right. */
const story = `
async function main() {
  const [, , to] = process.argv;
  const { OPERATIONS_URL: operationsUrl, ANTRYK_SERVICE_ID: serviceId } = process.env;
  const client = new AntrykClient();
  await client.sms.sendOtp({ to, serviceId });
  const reply = await fetch(operationsUrl + "/sandbox/messages?to=" + encodeURIComponent(to));
  const [{ text }] = (await reply.json()).messages;
  const checked = await client.sms.verifyOtp({ to, serviceId, otp: /\\d{6}/.exec(text)[0] });
  console.log(checked.data.valid);
}
main();
`;
const stories = {
  "story.mjs": `import { AntrykClient } from "@antryk/sdk";${story}`,
  "story.cjs": `const { AntrykClient } = require("@antryk/sdk");${story}`,
};

/** The Node that runs this, and the one that runs npm: often the oldest that is supported. */
const nodes = [...new Set([process.execPath, process.env.npm_node_execpath ?? process.execPath])];

const root = join(import.meta.dirname, "../..");

it("npm publishes none of the folders: their manifests are private", () => {
  for (const file of globSync(["package.json", "bench/package.json", "packages/*/package.json"], { cwd: root }))
    assert.equal(JSON.parse(readFileSync(join(root, file), "utf8")).private, true, file);
});

describe("both packages, packed and installed", () => {
  const consumer = new Consumer();
  const installed = (name: string, file: string) => join(consumer.folder, "node_modules", name, file);
  before(() => consumer.install());
  after(() => consumer[Symbol.dispose]());

  for (const name of ["antryk", "@antryk/sdk"]) {
    it(`${name} has a licence, a README and the files it names, and nothing that leads to the sources`, () => {
      for (const file of ["LICENSE", "README.md", ...(name === "antryk" ? ["CHANGELOG.md"] : [])])
        assert.ok(readFileSync(installed(name, file), "utf8") !== "", file);
      const manifest = JSON.parse(readFileSync(installed(name, "package.json"), "utf8"));
      for (const field of ["private", "scripts", "devDependencies", "published"])
        assert.equal(manifest[field], undefined, field);
      assert.doesNotMatch(JSON.stringify(manifest), /\.\/src\b/);
      assert.deepEqual(
        globSync("**/*.{ts,mts,cts}", { cwd: installed(name, ""), exclude: ["node_modules/**", "**/*.d.ts"] }),
        [],
      );
    });
  }

  it("the server has every gateway and every file of SQL that the sources have", async () => {
    await using antryk = new Installation({}, consumer.command);
    await antryk.json("init");
    const list: unknown = (await antryk.json("provider", "list")).providers;
    assert.deepEqual(
      (list as { id: string }[]).map(({ id }) => id),
      [...providers.keys()],
    );
    const sql = (folder: string) => globSync("**/*.sql", { cwd: folder }).sort();
    const ofSources = sql(join(root, "packages/server/src"));
    assert.ok(ofSources.length > 0);
    assert.deepEqual(sql(installed("antryk", "dist")), ofSources);
  });

  it("the server is clean for publint", async () => {
    const { publint } = await import("publint");
    const { messages } = await publint({
      pkgDir: installed("antryk", ""),
      level: "suggestion",
      strict: true,
      pack: false,
    });
    assert.deepEqual(messages, []);
  });

  it("the server's types need nothing else", async () => {
    writeFileSync(
      join(consumer.folder, "typed.ts"),
      'import { main } from "antryk";\nexport const done: Promise<void> = main(["serve"]);\n',
    );
    const flags = [
      "--strict",
      "--noEmit",
      "--types",
      "",
      "--lib",
      "es2022",
      "--target",
      "es2022",
      "--module",
      "nodenext",
    ];
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    await promisify(execFile)(process.execPath, [tsc, ...flags, "typed.ts"], { cwd: consumer.folder }).catch(
      ({ stdout }) => assert.fail(stdout),
    );
  });

  it("the SDK sends and verifies through the server", async () => {
    await using antryk = new Installation({}, consumer.command);
    const { accessKey, secretKey, serviceId } = await antryk.caller();
    const { baseUrl, operationsUrl, kill } = await antryk.serve();
    const env = {
      ANTRYK_BASE_URL: baseUrl,
      OPERATIONS_URL: operationsUrl,
      ANTRYK_ACCESS_KEY: accessKey,
      ANTRYK_SECRET_KEY: secretKey,
      ANTRYK_SERVICE_ID: serviceId,
    };
    let recipients = 0;
    for (const node of nodes) {
      for (const [file, source] of Object.entries(stories)) {
        writeFileSync(join(consumer.folder, file), source);
        const to = `+91987654321${recipients++}`;
        const { stdout } = await promisify(execFile)(node, [file, to], { cwd: consumer.folder, env });
        assert.equal(stdout, "true\n", `${node} ${file}`);
      }
    }
    assert.equal(await kill("SIGTERM"), 0);
  });
});
