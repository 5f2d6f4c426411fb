/** A test that is killed leaves neither processes nor folders behind. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { isAlive } from "./process.ts";
import { until } from "./until.ts";

const urlOf = (name: string) => new URL(name, import.meta.url).href;

const killed = `
import { startCluster } from ${JSON.stringify(urlOf("./postgres.ts"))};
import { Installation } from ${JSON.stringify(urlOf("./process.ts"))};
const cluster = await startCluster();
const installation = new Installation();
const server = await installation.serve();
console.log(JSON.stringify({ pids: [cluster.pid, server.pid], folders: [cluster.folder, installation.folder] }));
setInterval(() => undefined, 1_000);
`;

test("kill -9 of a test: its PostgreSQL and its servers end, and their folders are gone", async () => {
  const child = spawn(
    process.execPath,
    ["--input-type=module", "--disable-warning=ExperimentalWarning", "-e", killed],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const { value: line = "" } = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next();
  const { pids, folders } = JSON.parse(line) as { pids: number[]; folders: string[] };
  const left = () => [...pids.filter(isAlive), ...folders.filter((folder) => existsSync(folder))];
  assert.equal(left().length, 4);
  child.kill("SIGKILL");
  await until(() => left().length === 0, { what: () => `nothing is left behind, but ${left()}` });
});
