/** The real server on a store of its own, started by its command, for as long as a test file runs. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { ConformanceTarget } from "../conformance/target.ts";

export interface RealServer {
  readonly target: ConformanceTarget;
  /** The texts sent to this number, newest first. */
  messages(to: string): Promise<string[]>;
  stop(): Promise<void>;
}

const command = join(import.meta.dirname, "../../../server/bin/antryk.js");

/** Starts it on the sandbox gateway and any free port. */
export async function startRealServer(): Promise<RealServer> {
  const cwd = mkdtempSync(join(tmpdir(), "antryk-real-"));
  const env = { ...process.env, ANTRYK_HOST: "127.0.0.1", ANTRYK_PORT: "0", ANTRYK_LOG_LEVEL: "info" };
  const child = spawn(process.execPath, [command, "serve"], { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const stop = async () => {
    child.kill("SIGTERM");
    await exited;
    rmSync(cwd, { recursive: true, force: true });
  };
  try {
    const baseUrl = await new Promise<string>((resolve, reject) => {
      const said: string[] = [];
      for (const stream of [child.stdout, child.stderr]) {
        createInterface(stream).on("line", (line) => {
          said.push(line);
          const url = /"event":"listening","url":"([^"]+)"/.exec(line)?.[1];
          if (url !== undefined) resolve(url);
        });
      }
      child.once("exit", (code) => reject(new Error(`the server ended with ${code}: ${said.join("\n")}`)));
    });
    const firstRun = await readWhenThere(join(cwd, "data/first-run.txt"));
    const find = (pattern: RegExp) => {
      const [, found] = pattern.exec(firstRun) ?? [];
      assert.ok(found, `first-run.txt has no ${pattern}`);
      return found;
    };
    const messages = async (to: string) => {
      const response = await fetch(`${baseUrl}/sandbox/messages?to=${encodeURIComponent(to)}`);
      return ((await response.json()) as { messages: { text: string }[] }).messages.map(({ text }) => text);
    };
    const target: ConformanceTarget = {
      baseUrl,
      accessKey: find(/x-access-key: ([^'\s]+)/),
      secretKey: find(/x-secret-key: ([^'\s]+)/),
      serviceId: find(/"serviceId":"([^"]+)"/),
      readCode: async (to) => /\d{4,10}/.exec((await messages(to))[0] ?? "")?.[0],
    };
    return { target, messages, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The server says that it listens before it has written how to use it. */
async function readWhenThere(path: string): Promise<string> {
  for (let left = 2_400; left > 0 && !existsSync(path); left--) await new Promise((resolve) => setTimeout(resolve, 50));
  return readFileSync(path, "utf8");
}
