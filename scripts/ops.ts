/**
 * `npm run test:ops`: what operators do with tools that are not ours. A PostgreSQL store is dumped and restored with Debian's own
 * server and tools (installed by apt where they are missing), and a code that was sent before verifies after.
 */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { chownSync, globSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Installation, type RunningServer } from "../packages/server/src/testing/process.ts";

const folders = () => globSync("/usr/lib/postgresql/*/bin/initdb").map(dirname).sort();

function findTools(): string {
  if (folders().length === 0) {
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    for (const args of [["update"], ["install", "-y", "--no-install-recommends", "postgresql"]])
      execFileSync("apt-get", ["-q", ...args], { env, stdio: ["ignore", "ignore", "inherit"] });
  }
  const found = folders().at(-1);
  if (!found) throw new Error("Debian's PostgreSQL can't be had: install the package postgresql");
  return found;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

const tools = findTools();
const folder = mkdtempSync(join(tmpdir(), "antryk-ops-"));
// PostgreSQL refuses to run as root.
const owner =
  process.getuid?.() === 0
    ? { uid: Number(execFileSync("id", ["-u", "postgres"])), gid: Number(execFileSync("id", ["-g", "postgres"])) }
    : undefined;
if (owner) chownSync(folder, owner.uid, owner.gid);
const port = await freePort();
const data = join(folder, "data");

function tool(name: string, ...args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(join(tools, name), args, {
    ...owner,
    cwd: folder,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (status !== 0) throw new Error(`${name} ${args.join(" ")}: ${error?.message ?? stderr}`);
  return stdout;
}
const at = ["-h", "127.0.0.1", "-p", String(port), "-U", "antryk"];
const urlOf = (database: string) => `postgres://antryk@127.0.0.1:${port}/${database}`;
const to = "+919876543210";

type Caller = Awaited<ReturnType<Installation["caller"]>>;
async function post(server: RunningServer, { accessKey, secretKey, serviceId }: Caller, operation: string, body: object) {
  const reply = await fetch(`${server.baseUrl}/api/v1/sms/${operation}`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-access-key": accessKey, "x-secret-key": secretKey },
    body: JSON.stringify({ serviceId, ...body }),
  });
  return { status: reply.status, body: (await reply.json()) as { data?: { valid?: boolean } } };
}

tool("initdb", "-D", data, "-U", "antryk", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync");
// With its output to a file: a server that inherits a pipe holds it open.
tool(
  "pg_ctl",
  "-D",
  data,
  "-w",
  "-l",
  join(folder, "log"),
  "-o",
  `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=${folder}`,
  "start",
);
try {
  console.log(tool("postgres", "--version").trim());
  tool("createdb", ...at, "antryk");
  await using installation = new Installation({ ANTRYK_DATABASE_URL: urlOf("antryk") });
  const caller = await installation.caller();
  const server = await installation.serve("--workers", "2");
  assert.equal((await post(server, caller, "send-otp", { to })).status, 200);
  const { messages } = (await (await fetch(`${server.baseUrl}/sandbox/messages`)).json()) as { messages: { text: string }[] };
  const otp = /\d{6}/.exec(messages[0]?.text ?? "")?.[0];

  tool("pg_dump", ...at, "-Fc", "-f", join(folder, "antryk.dump"), "antryk");
  console.log("ok    pg_dump of a store that two workers serve");
  assert.equal(await server.kill("SIGTERM"), 0);

  tool("createdb", ...at, "restored");
  tool("pg_restore", ...at, "--exit-on-error", "--no-owner", "-d", "restored", join(folder, "antryk.dump"));
  await using restored = new Installation({
    ANTRYK_DATABASE_URL: urlOf("restored"),
    ANTRYK_KEYRING: join(installation.folder, "data/keyring.json"),
  });
  const second = await restored.serve("--workers", "2");
  assert.equal((await post(second, caller, "send-otp", { to })).status, 409);
  assert.equal((await post(second, caller, "verify-otp", { to, otp })).body.data?.valid, true);
  assert.equal((await post(second, caller, "send-otp", { to })).status, 200, "its functions and types are there");
  assert.equal(await second.kill("SIGTERM"), 0);
  console.log("ok    pg_restore into another database: the code from before verifies, new ones are sent");
} finally {
  spawnSync(join(tools, "pg_ctl"), ["-D", data, "-m", "immediate", "stop"], { ...owner, cwd: folder, stdio: "ignore" });
  rmSync(folder, { recursive: true, force: true });
}
