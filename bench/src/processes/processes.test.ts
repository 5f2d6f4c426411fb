import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { treeCpuUs } from "./processes.ts";

/** By its own time, whatever share of the machine it gets. */
const busy = "while (process.cpuUsage().user < 300_000);";

test("a tree's processor time has its children's, living and ended", {
  skip: process.platform !== "linux",
}, async () => {
  const before = treeCpuUs([process.pid]);
  const child = spawn(process.execPath, ["-e", `${busy} console.log("done"); setInterval(() => undefined, 1000)`]);
  await once(child.stdout, "data");
  const living = treeCpuUs([process.pid]) - before;
  assert.ok(living > 30_000, `${living} µs`);
  child.kill("SIGKILL");
  await once(child, "exit");
  const ended = treeCpuUs([process.pid]) - before;
  assert.ok(ended >= living, `${ended} µs after, ${living} µs before`);
});
