/** deploy/nginx and deploy/caddy, run by Debian's own: they lead to the API and to receipts, and to nothing else. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { guard } from "@antryk/testkit/guardian";
import { Installation } from "@antryk/testkit/process";
import { root } from "../docs/pages.ts";
import { type Caller, codes } from "./client.ts";
import { ended, freePort } from "./debian.ts";
import { exchange, forms, headers, isHost, type ProxyProgram, startProxy, targets } from "./proxies.ts";

const host = "otp.example.com";

/** What stands in the file in the place of a value that is the reader's; throws if the file has no such value. */
function replaced(text: string, values: Readonly<Record<string, string>>): string {
  return Object.entries(values).reduce((done, [shown, value]) => {
    assert.ok(done.includes(shown), `the file has no ${shown}`);
    return done.replaceAll(shown, value);
  }, text);
}

const files: readonly ProxyProgram[] = [
  {
    name: "deploy/nginx/antryk.conf",
    packageName: "nginx-light",
    program: "/usr/sbin/nginx",
    args: (file, folder) => ["-c", file, "-p", folder, "-e", "stderr", "-g", "daemon off;"],
    configuration: (port, to, folder) => `
pid ${folder}/pid;
events {}
http {
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
${replaced(readFileSync(join(root, "deploy/nginx/antryk.conf"), "utf8"), {
  "listen 443": `listen 127.0.0.1:${port}`,
  "server 127.0.0.1:8080": `server 127.0.0.1:${to}`,
  "/etc/ssl/otp.example.com/fullchain.pem": join(folder, "certificate.pem"),
  "/etc/ssl/otp.example.com/privkey.pem": join(folder, "key.pem"),
  "/var/log/nginx/antryk.log": join(folder, "access.log"),
})}
}
`,
  },
  {
    name: "deploy/caddy/Caddyfile",
    packageName: "caddy",
    program: "/usr/bin/caddy",
    args: (file) => ["run", "--adapter", "caddyfile", "--config", file],
    // A certificate of the test, since no authority gives one; and nothing outside the folder is written.
    configuration: (port, to, folder) => `
{
	admin off
	auto_https disable_redirects
	storage file_system ${folder}/caddy
}
${replaced(readFileSync(join(root, "deploy/caddy/Caddyfile"), "utf8"), {
  "otp.example.com {": `https://otp.example.com:${port} {\n\tbind 127.0.0.1\n\ttls ${folder}/certificate.pem ${folder}/key.pem`,
  "reverse_proxy 127.0.0.1:8080": `reverse_proxy 127.0.0.1:${to}`,
})}
`,
  },
];

export async function behindOurFiles(): Promise<void> {
  await using installation = new Installation();
  const caller = await installation.caller();
  const server = await installation.serve();
  for (const [n, proxy] of files.entries()) {
    const folder = mkdtempSync(join(tmpdir(), "antryk-proxy-"));
    const guardian = guard(folder);
    makeCertificate(folder);
    const port = await freePort();
    const child = await startProxy(proxy, port, Number(new URL(server.baseUrl).port), folder);
    guardian.watch(child.pid);
    try {
      const refused = await tried(
        port,
        caller,
        `+9198765431${10 + n}`,
        async (to) => (await codes(server)).get(to) ?? "",
      );
      console.log(`ok    ${proxy.name}: a code is sent and verified by TLS; ${refused} other requests, none served`);
    } finally {
      child.kill("SIGTERM");
      await ended(child);
      rmSync(folder, { recursive: true, force: true });
      guardian.end();
    }
  }
  assert.equal(await server.kill("SIGTERM"), 0);
}

function makeCertificate(folder: string): void {
  const to = ["-keyout", join(folder, "key.pem"), "-out", join(folder, "certificate.pem")];
  const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"];
  const names = ["-subj", `/CN=${host}`, "-addext", `subjectAltName=DNS:${host}`];
  execFileSync("openssl", ["req", ...kind, ...to, ...names], { stdio: ["ignore", "ignore", "pipe"] });
}

/** Sends and verifies a code through the proxy, then asks for all that it must not lead to; how often that was. */
async function tried(
  port: number,
  caller: Caller,
  to: string,
  codeOf: (to: string) => Promise<string>,
): Promise<number> {
  const ask = (lines: readonly string[], body = "") =>
    // The certificate is the test's.
    exchange(
      connect({ port, host: "127.0.0.1", servername: host, rejectUnauthorized: false }),
      `${[...lines, "Connection: close"].join("\r\n")}\r\n\r\n${body}`,
    );
  const post = (path: string, value: object) => {
    const body = JSON.stringify(value);
    const { accessKey, secretKey } = caller;
    const keys = [`x-access-key: ${accessKey}`, `x-secret-key: ${secretKey}`];
    const kind = ["content-type: application/json", `content-length: ${body.length}`];
    return ask([`POST ${path} HTTP/1.1`, `Host: ${host}`, ...keys, ...kind], body);
  };
  const { serviceId } = caller;
  assert.match(await post("/api/v1/sms/send-otp", { to, serviceId }), /^HTTP\/1\.1 200 /);
  const otp = await codeOf(to);
  assert.match(otp, /^\d{6}$/);
  // What the server itself says of an unknown gateway, not the proxy.
  assert.match(await post("/receipts/unknown", {}), /^HTTP\/1\.1 404 [\s\S]*not_found/);

  let count = 0;
  for (const target of [...targets, "/docs", "/openapi.json", "/healthz", "/"])
    for (const form of forms)
      for (const lines of headers) {
        const head = [`GET ${form(target)} HTTP/1.1`, ...(lines.some(isHost) ? [] : [`Host: ${host}`]), ...lines];
        const reply = await ask(head);
        const [, status = "", body = ""] = /^HTTP\/1\.[01] (\d{3})[\s\S]*?\r\n\r\n([\s\S]*)$/.exec(reply) ?? [];
        // Caddy answers a host that it does not know with 200 and nothing.
        assert.ok(
          ["400", "404", "405"].includes(status) || body.trim() === "",
          `${head.join()}: ${reply.slice(0, 300)}`,
        );
        assert.ok(!reply.includes(otp) && !/antryk_\w+|"messages"|"gateways"/.test(reply), `${head.join()}: ${reply}`);
        count += 1;
      }
  for (const target of ["/metrics", "/sandbox/messages", "/admin", "/admin/v1/accounts", "/console"])
    assert.match(await ask([`GET ${target} HTTP/1.1`, `Host: ${host}`]), /^HTTP\/1\.1 404 /, target);
  assert.match(await post("/api/v1/sms/verify-otp", { to, serviceId, otp }), /^HTTP\/1\.1 200 [\s\S]*"valid":true/);
  return count;
}
