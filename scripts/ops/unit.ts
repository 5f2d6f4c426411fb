/** deploy/systemd/antryk.service, checked by systemd's own tool. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../docs/pages.ts";
import { needed } from "./debian.ts";

/** What `systemd-analyze security` may say at most, of 100; a unit without any of the settings has 96. */
const exposureAtMost = 20;

export function verifyUnit(): void {
  const program = needed(() => globSync("/usr/bin/systemd-analyze")[0], "systemd");
  const folder = mkdtempSync(join(tmpdir(), "antryk-unit-"));
  try {
    // It looks whether the program is there; here is another in its place.
    const text = readFileSync(join(root, "deploy/systemd/antryk.service"), "utf8");
    const installed = "/opt/antryk/node_modules/.bin/antryk";
    assert.ok(text.includes(installed));
    const [unit, command] = [join(folder, "antryk.service"), join(folder, "antryk")];
    writeFileSync(command, "#!/bin/sh\n");
    chmodSync(command, 0o755);
    writeFileSync(unit, text.replaceAll(installed, command));
    const { status, stdout, stderr } = spawnSync(program, ["verify", "--man=no", unit], { encoding: "utf8" });
    assert.equal(status, 0, stderr);
    assert.equal(`${stdout}${stderr}`, "", "systemd-analyze verify warns");
    const threshold = `--threshold=${exposureAtMost}`;
    const security = spawnSync(program, ["security", "--offline=true", threshold, unit], { encoding: "utf8" });
    assert.equal(security.status, 0, security.stdout + security.stderr);
    console.log(`ok    deploy/systemd/antryk.service: ${/level.*: (\S+)/.exec(security.stdout)?.[1]} of 10 exposed`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
