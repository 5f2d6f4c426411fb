/** Debian's nginx and HAProxy with their defaults before the public port: what is for operators can't be reached. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { globSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { guard } from "@antryk/testkit/guardian";
import { Installation, type RunningServer } from "@antryk/testkit/process";
import { until } from "@antryk/testkit/until";
import { codes, post } from "./client.ts";
import { ended, freePort, listens, needed } from "./debian.ts";

export interface ProxyProgram {
  readonly name: string;
  readonly packageName: string;
  readonly program: string;
  readonly args: (file: string, folder: string) => readonly string[];
  readonly configuration: (port: number, to: number, folder: string) => string;
}

const proxies: readonly ProxyProgram[] = [
  {
    name: "nginx",
    packageName: "nginx-light",
    program: "/usr/sbin/nginx",
    args: (file, folder) => ["-c", file, "-p", folder, "-e", "stderr", "-g", "daemon off;"],
    configuration: (port, to, folder) => `
pid ${folder}/pid;
events {}
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  server {
    listen 127.0.0.1:${port};
    location / { proxy_pass http://127.0.0.1:${to}; }
  }
}
`,
  },
  ...(["http", "tcp"] as const).map((mode) => ({
    name: `HAProxy, mode ${mode}`,
    packageName: "haproxy",
    program: "/usr/sbin/haproxy",
    args: (file: string) => ["-db", "-f", file],
    configuration: (port: number, to: number) => `
defaults
  mode ${mode}
  timeout connect 5s
  timeout client 30s
  timeout server 30s
frontend public
  bind 127.0.0.1:${port}
  default_backend antryk
backend antryk
  server one 127.0.0.1:${to}
`,
  })),
];

/** What somebody on the other side of a proxy may ask for to get at the operators' side. */
export const targets = [
  "/sandbox/messages",
  "/metrics",
  "/gateways/health",
  "/admin",
  "/console",
  "/sandbox/messages?to=1",
];
export const forms: readonly ((target: string) => string)[] = [
  (target) => target,
  (target) => `/${target}`,
  (target) => `/healthz/..${target}`,
  (target) => `/docs/%2e%2e${target}`,
  (target) => `/docs/..%2f${target.slice(1)}`,
  (target) => `/%${target.charCodeAt(1).toString(16)}${target.slice(2)}`,
  (target) => `${target}/`,
  (target) => `/.${target}`,
  (target) => `${target};x=/healthz`,
  (target) => `/healthz%00${target}`,
  (target) => `http://127.0.0.1:8081${target}`,
  (target) => `/api/v1/sms/..${target}`,
];
export const headers: readonly (readonly string[])[] = [
  [],
  ["Host: localhost"],
  ["Host: 127.0.0.1:8081"],
  ["Via: 1.1 edge", "CF-Connecting-IP: 127.0.0.1"],
  ["X-Forwarded-For: 127.0.0.1", "X-Real-IP: 127.0.0.1", "Forwarded: for=127.0.0.1;host=localhost"],
  ["X-Forwarded-Host: localhost", "X-Original-URL: /sandbox/messages", "X-Rewrite-URL: /sandbox/messages"],
];

export async function behindProxies(): Promise<void> {
  await using installation = new Installation();
  const caller = await installation.caller("--service-limit", "5000/1h");
  const server = await installation.serve();
  for (const [n, proxy] of proxies.entries()) {
    const folder = mkdtempSync(join(tmpdir(), "antryk-proxy-"));
    const guardian = guard(folder);
    const port = await freePort();
    const child = await startProxy(proxy, port, Number(new URL(server.baseUrl).port), folder);
    guardian.watch(child.pid);
    try {
      await tried(proxy, { ...server, baseUrl: `http://127.0.0.1:${port}` }, caller, `+9198765432${10 + n}`);
    } finally {
      // Not SIGKILL: nginx has a process that would outlive it.
      child.kill("SIGTERM");
      await ended(child);
      rmSync(folder, { recursive: true, force: true });
      guardian.end();
    }
  }
  assert.equal(await server.kill("SIGTERM"), 0);
}

async function tried(
  { name }: ProxyProgram,
  server: RunningServer,
  caller: Awaited<ReturnType<Installation["caller"]>>,
  to: string,
): Promise<void> {
  assert.equal((await post(server, caller, "send-otp", { to })).status, 200);
  const otp = (await codes(server)).get(to) ?? "";
  assert.match(otp, /^\d{6}$/);
  const port = Number(new URL(server.baseUrl).port);
  const replies = { count: 0 };
  for (const target of targets)
    for (const form of forms)
      for (const lines of headers) {
        const head = [
          `GET ${form(target)} HTTP/1.1`,
          ...(lines.some(isHost) ? [] : ["Host: otp.example.com"]),
          ...lines,
        ];
        const reply = await exchange(connect(port, "127.0.0.1"), `${head.join("\r\n")}\r\nConnection: close\r\n\r\n`);
        const status = /^HTTP\/1\.[01] (\d{3})/.exec(reply)?.[1];
        // Some forms are a public path once a proxy has cleaned them: then the public reply is right.
        assert.ok(["400", "404", "405"].includes(status ?? ""), `${head[0]}: ${reply.slice(0, 300)}`);
        assert.ok(!reply.includes(otp) && !/antryk_\w+|"messages"|"gateways"/.test(reply), `${head[0]}: ${reply}`);
        replies.count += 1;
      }
  assert.equal((await post(server, caller, "verify-otp", { to, otp })).body.data?.valid, true);
  for (const path of ["/healthz", "/readyz", "/openapi.json"])
    assert.equal((await fetch(`${server.baseUrl}${path}`)).status, 200, path);
  console.log(`ok    ${name} with its defaults: ${replies.count} requests for what is for operators, none served`);
}

export function isHost(line: string): boolean {
  return line.startsWith("Host:");
}

/** Writes bytes as they are, since an HTTP client would clean the target, and reads to the end. */
export function exchange(socket: Socket, request: string): Promise<string> {
  return until(
    new Promise<string>((resolve, reject) => {
      let reply = "";
      socket
        .on("data", (chunk: Buffer) => {
          reply += chunk.toString("latin1");
        })
        .once("close", () => resolve(reply))
        .once("error", reject)
        .write(request);
    }),
    { what: `a reply to ${request.slice(0, 60)}` },
  );
}

export async function startProxy(proxy: ProxyProgram, port: number, to: number, folder: string): Promise<ChildProcess> {
  const program = needed(() => globSync(proxy.program)[0], proxy.packageName);
  const file = join(folder, "configuration");
  writeFileSync(file, proxy.configuration(port, to, folder));
  const child = spawn(program, [...proxy.args(file, folder)], {
    stdio: ["ignore", "ignore", "pipe"],
    // What a program keeps for itself goes away with the folder.
    env: { ...process.env, HOME: folder },
  });
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => {
    errors += chunk.toString("latin1");
  });
  await until(() => listens(port), { what: () => `${proxy.name} listens: ${errors}` });
  return child;
}
