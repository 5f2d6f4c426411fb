/**
 * What deploy/Dockerfile makes, run as a container runs it: in a root folder that can't be written, as a user without
 * rights, with one volume. A builder of images fetches its base from a registry; this needs none, since Debian's own
 * programs and this Node.js stand for the base.
 */
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { guard } from "@antryk/testkit/guardian";
import type { RunningServer } from "@antryk/testkit/process";
import { until } from "@antryk/testkit/until";
import { codes, post } from "./client.ts";
import { ended, freePort } from "./debian.ts";
import { type Image, runDockerfile } from "./dockerfile.ts";

const ports = async () => ({
  ANTRYK_PORT: String(await freePort()),
  ANTRYK_OPERATIONS_PORT: String(await freePort()),
});

export async function imageByHand(): Promise<void> {
  if (process.platform !== "linux" || process.getuid?.() !== 0) {
    console.log("skip  the image: only root on Linux can make a root folder that can't be written");
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), "antryk-image-"));
  const guardian = guard(folder);
  try {
    const image = runDockerfile(folder, "/node:/usr/bin:/bin");
    copyFileSync(realpathSync(process.execPath), join(image.folder, "node/node"));
    await runs(image, await ports(), (child) => guardian.watch(child.pid));
  } finally {
    rmSync(folder, { recursive: true, force: true });
    guardian.end();
  }
}

async function runs(image: Image, given: Record<string, string>, watch: (child: ChildProcess) => void): Promise<void> {
  const run = (...command: string[]) => {
    const [program = "", ...args] = contained(image, command);
    return spawnSync(program, args, { env: { ...image.env, ...given }, encoding: "utf8" });
  };
  const [program = "", ...args] = contained(image, [...image.entrypoint, ...image.command]);
  assert.match(run("touch", "/opt/antryk/x").stderr, /Read-only file system/);
  assert.match(run("id", "-u").stdout, /^1000\n$/);
  const made = run("antryk", "init", "--json");
  assert.equal(made.status, 0, made.stderr);
  const caller = JSON.parse(made.stdout) as {
    accountId: string;
    accessKey: string;
    secretKey: string;
    serviceId: string;
  };

  const child = spawn(program, args, { env: { ...image.env, ...given }, stdio: ["ignore", "ignore", "pipe"] });
  watch(child);
  let log = "";
  child.stderr.on("data", (chunk: Buffer) => {
    log += chunk.toString("utf8");
  });
  try {
    await until(() => log.includes('"event":"listening"'), { what: () => `the server of the image listens: ${log}` });
    const server = {
      baseUrl: `http://127.0.0.1:${given.ANTRYK_PORT}`,
      operationsUrl: `http://127.0.0.1:${given.ANTRYK_OPERATIONS_PORT}`,
    } as RunningServer;
    const to = "+919876543210";
    assert.equal((await post(server, caller, "send-otp", { to })).status, 200);
    const otp = (await codes(server)).get(to) ?? "";
    assert.equal((await post(server, caller, "verify-otp", { to, otp })).body.data?.valid, true);
    assert.equal(run(...image.healthcheck).status, 0, "the health check of a server that serves");
    assert.match(run("antryk", "doctor").stdout, /^ok +server/m);
  } finally {
    child.kill("SIGTERM");
    await ended(child);
  }
  assert.equal(child.exitCode, 0, log);
  assert.equal(run(...image.healthcheck).status, 1, "the health check without a server");
  const written = readdirSync(join(image.folder, image.volume)).sort();
  assert.deepEqual(
    written.filter((name) => !name.startsWith("antryk.db")),
    ["keyring.json", "operations-token"],
    log,
  );
  console.log("ok    the image's steps by hand: runs as user 1000 in a root folder that can't be written");
}

/** The command line that runs a command in the image: its process keeps its id, so a signal reaches it. */
function contained({ folder, workdir, user, volume }: Image, command: readonly string[]): string[] {
  const [uid = "", gid = ""] = user.split(":");
  const at = (place: string) => join(folder, place);
  const data = `${folder}-data`;
  mkdirSync(data, { recursive: true });
  const mounts = [
    `mount --bind ${folder} ${folder}`,
    ...["/usr", "/bin", "/lib", "/lib64", "/etc"].map((place) => `mount --bind ${place} ${at(place)}`),
    `mount --rbind /dev ${at("/dev")}`,
    `mount --rbind /proc ${at("/proc")}`,
    `mount -t tmpfs tmpfs ${at("/tmp")}`,
    `mount --bind ${at(volume)} ${data}`,
    `mount -o remount,bind,ro ${folder}`,
    `mount --bind ${data} ${at(volume)}`,
  ];
  const rights = ["--clear-groups", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"];
  const process = ["/usr/sbin/chroot", folder, "/usr/bin/setpriv", `--reuid=${uid}`, `--regid=${gid}`, ...rights];
  return [
    "/usr/bin/unshare",
    "--mount",
    "/bin/sh",
    "-ec",
    `${mounts.join("\n")}\nexec "$@"`,
    "sh",
    ...process,
    "/usr/bin/env",
    "-C",
    workdir,
    ...command,
  ];
}
