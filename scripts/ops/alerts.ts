/** Debian's Prometheus: the alert rules hold their tests, and a gateway that goes down is told within two minutes. */
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { guard } from "@antryk/testkit/guardian";
import { Installation } from "@antryk/testkit/process";
import { until } from "@antryk/testkit/until";
import { post } from "./client.ts";
import { ended, freePort, needed } from "./debian.ts";

const folderOfRules = new URL("../../deploy/prometheus/", import.meta.url).pathname;
const programNamed = (name: string) =>
  needed(() => (existsSync(`/usr/bin/${name}`) ? `/usr/bin/${name}` : undefined), "prometheus");
const aim = 120_000;

export async function alertsFire(): Promise<void> {
  const promtool = programNamed("promtool");
  execFileSync(promtool, ["check", "rules", "antryk.rules.yaml"], { cwd: folderOfRules, stdio: "pipe" });
  execFileSync(promtool, ["test", "rules", "antryk.rules.test.yaml"], { cwd: folderOfRules, stdio: "pipe" });

  let isDown = false;
  const gateway = createServer((request, response) => {
    request.resume().on("end", () => response.writeHead(isDown ? 503 : 200).end("{}"));
  });
  await new Promise<void>((resolve) => gateway.listen(0, "127.0.0.1", resolve));
  const address = gateway.address();
  const url = `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}/`;

  await using installation = new Installation();
  await installation.run("init");
  const added = await installation.run("gateway", "add", "night", "--provider", "http", "--http-url", url);
  assert.equal(added.code, 0, added.stderr);
  const caller = await installation.caller("--route", "*=night", "--new-prefix-limit", "off");
  const server = await installation.serve();

  const folder = mkdtempSync(join(tmpdir(), "antryk-prometheus-"));
  const guardian = guard(folder);
  const port = await freePort();
  const file = join(folder, "prometheus.yaml");
  writeFileSync(
    file,
    `
global: { scrape_interval: 15s, evaluation_interval: 15s }
rule_files: ["${folderOfRules}antryk.rules.yaml"]
scrape_configs:
  - job_name: antryk
    static_configs: [{ targets: ["${new URL(server.operationsUrl).host}"] }]
`,
  );
  const prometheus = spawn(
    programNamed("prometheus"),
    [`--config.file=${file}`, `--storage.tsdb.path=${folder}/data`, `--web.listen-address=127.0.0.1:${port}`],
    { stdio: "ignore" },
  );
  guardian.watch(prometheus.pid);
  try {
    const ask = async (path: string): Promise<unknown> =>
      fetch(`http://127.0.0.1:${port}${path}`).then(
        (reply) => reply.json(),
        () => undefined,
      );
    await until(async () => JSON.stringify(await ask("/api/v1/targets"))?.includes('"health":"up"'), {
      what: "Prometheus reads the server",
      everyMs: 500,
    });
    let n = 0;
    const sendOne = async () => {
      n += 1;
      await post(server, caller, "send-otp", { to: `+9198765${String(10_000 + n)}` });
    };
    for (let sent = 0; sent < 20; sent += 1) await sendOne();
    assert.equal(await firing(ask), "", "nothing is told while all is well");
    isDown = true;
    const downAt = performance.now();
    const told = await until(
      async () => {
        await sendOne();
        return (await firing(ask)) || undefined;
      },
      { what: "an alert fires", everyMs: 1_000 },
    );
    const seconds = Math.round((performance.now() - downAt) / 1000);
    console.log(`ok: a gateway that goes down is told after ${seconds} s: ${told}`);
    assert.match(told, /GatewayDown|CircuitOpen/);
    assert.ok(seconds * 1000 <= aim, `after ${seconds} s`);
  } finally {
    prometheus.kill("SIGTERM");
    await ended(prometheus);
    gateway.close();
    gateway.closeAllConnections();
    rmSync(folder, { recursive: true, force: true });
    guardian.end();
  }
  assert.equal(await server.kill("SIGTERM"), 0);
}

/** The names of the alerts that fire now. */
async function firing(ask: (path: string) => Promise<unknown>): Promise<string> {
  const reply = (await ask("/api/v1/alerts")) as
    | { data: { alerts: { state: string; labels: { alertname: string } }[] } }
    | undefined;
  const names = reply?.data.alerts.filter(({ state }) => state === "firing").map(({ labels }) => labels.alertname);
  return [...new Set(names)].join(", ");
}
