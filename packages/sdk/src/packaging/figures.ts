/**
 * `npm run bench:sdk`: packed size, time of import and processor time of a call, ours and others' measured the same
 * way. The others are fetched into a temporary folder. `-- --json` prints one JSON document.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pack } from "../../../../scripts/packing/pack.ts";

const others = ["resend@6.38.0", "stripe@23.1.0", "twilio@6.2.0", "openai@6.49.0"];
const processes = 20;
const calls = 3_000;

const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** Runs a module in a new process and reads the number that it prints. */
function measure(cwd: string, source: string): number {
  writeFileSync(join(cwd, "measure.mjs"), source);
  return Number(execFileSync(process.execPath, ["measure.mjs"], { cwd, encoding: "utf8" }));
}

function importMs(cwd: string, name: string): number {
  const source = `const before = performance.now();
    await import(${JSON.stringify(name)});
    console.log(performance.now() - before);
    process.exit();`;
  measure(cwd, source);
  return median(Array.from({ length: processes }, () => measure(cwd, source)));
}

/** Processor time of the calling process, in µs a call; the server is another process. */
function cpuPerCall(cwd: string, setUp: string, call: string): number {
  return measure(
    cwd,
    `import { spawn } from "node:child_process";
     const server = spawn(process.execPath, ["server.mjs"], { stdio: ["ignore", "pipe", "inherit"] });
     const url = await new Promise((resolve) => server.stdout.once("data", (line) => resolve(String(line).trim())));
     const body = { to: "+919876543210", serviceId: "5f0c8f0e-4f3b-4c62-9d5a-0d6b1d0f3a11" };
     ${setUp}
     const many = async (count) => {
       let left = count;
       await Promise.all(Array.from({ length: 16 }, async () => { while (left-- > 0) { ${call} } }));
     };
     await many(1000);
     const before = process.cpuUsage();
     await many(${calls});
     const { user, system } = process.cpuUsage(before);
     console.log((user + system) / ${calls});
     server.kill();
     process.exit();`,
  );
}

const server = `
import { createServer } from "node:http";
const data = { to: "+919876543210", serviceId: "5f0c8f0e-4f3b-4c62-9d5a-0d6b1d0f3a11", status: "pending" };
const body = JSON.stringify({ success: true, message: "Otp Sent Successfully!", data });
const headers = { "content-type": "application/json", "content-length": body.length, "x-request-id": "r" };
const server = createServer((request, response) => {
  request.resume().on("end", () => response.writeHead(200, headers).end(body));
});
server.listen(0, "127.0.0.1", () => console.log("http://127.0.0.1:" + server.address().port));`;

const bareFetch = `
  const response = await fetch(url + "/api/v1/sms/send-otp", {
    method: "POST",
    headers: { "content-type": "application/json", "x-access-key": "a", "x-secret-key": "s" },
    body: JSON.stringify(body),
  });
  if (!(await response.json()).success) throw new Error();`;

const client = (options: string) => `
  import { AntrykClient } from "@antryk/sdk";
  const client = new AntrykClient({ baseUrl: url, accessKey: "a", secretKey: "s"${options} });`;
const ourCall = "if (!(await client.sms.sendOtp(body)).success) throw new Error();";

const work = mkdtempSync(join(tmpdir(), "antryk-figures-"));
try {
  writeFileSync(join(work, "package.json"), '{"private":true,"type":"module"}');
  writeFileSync(join(work, "server.mjs"), server);
  const tarball = pack("sdk", work);
  const npm = (...args: string[]) => execFileSync("npm", [...args, "--silent"], { cwd: work, encoding: "utf8" });
  npm("install", "--no-audit", "--no-fund", "--ignore-scripts", tarball, ...others);
  const packages = [
    { name: "@antryk/sdk", packedBytes: statSync(tarball).size, importMs: importMs(work, "@antryk/sdk") },
    ...others.map((spec) => {
      const [{ filename }] = JSON.parse(npm("pack", "--json", spec)) as [{ filename: string }];
      const name = spec.slice(0, spec.lastIndexOf("@"));
      return { name: spec, packedBytes: statSync(join(work, filename)).size, importMs: importMs(work, name) };
    }),
  ];
  const five = (setUp: string, call: string) => median(Array.from({ length: 5 }, () => cpuPerCall(work, setUp, call)));
  const fetchUs = five("", bareFetch);
  const nodeUs = five(client(""), ourCall);
  const byFetchUs = five(client(", fetch: (url, init) => fetch(url, init)"), ourCall);
  const cpu = [
    { name: "bare fetch", us: fetchUs, ratio: 1 },
    { name: "sdk, its own transport", us: nodeUs, ratio: nodeUs / fetchUs },
    { name: "sdk, by fetch", us: byFetchUs, ratio: byFetchUs / fetchUs },
  ];
  if (process.argv.includes("--json")) console.log(JSON.stringify({ node: process.version, packages, cpu }));
  else {
    console.log(`| package | packed kB | import ms |\n|---|---|---|`);
    for (const { name, packedBytes, importMs } of packages)
      console.log(`| ${name} | ${(packedBytes / 1000).toFixed(1)} | ${importMs.toFixed(1)} |`);
    console.log(`\n| a call on loopback | processor µs | to bare fetch |\n|---|---|---|`);
    for (const { name, us, ratio } of cpu) console.log(`| ${name} | ${us.toFixed(0)} | ${ratio.toFixed(2)} |`);
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
