/** The real server on a new store, started by its command, for as long as a test file runs. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Installation } from "@antryk/testkit/process";
import type { ConformanceTarget } from "../conformance/target.ts";

export interface RealServer {
  readonly target: ConformanceTarget;
  /** The texts sent to this number, newest first. */
  messages(to: string): Promise<string[]>;
  stop(): Promise<void>;
}

/** Starts it on the sandbox gateway and any free port. */
export async function startRealServer(): Promise<RealServer> {
  const installation = new Installation({ ANTRYK_HOST: "127.0.0.1", ANTRYK_LOG_LEVEL: "info" });
  const stop = () => installation[Symbol.asyncDispose]();
  try {
    const { baseUrl, operationsUrl } = await installation.serve();
    // The server says that it listens before it has written how to use it.
    await installation.printed("first-run.txt");
    const firstRun = readFileSync(join(installation.folder, "data/first-run.txt"), "utf8");
    const find = (pattern: RegExp) => {
      const [, found] = pattern.exec(firstRun) ?? [];
      assert.ok(found, `first-run.txt has no ${pattern}`);
      return found;
    };
    const messages = async (to: string) => {
      const response = await fetch(`${operationsUrl}/sandbox/messages?to=${encodeURIComponent(to)}`);
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
