import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FakeAntryk } from "../testing/index.ts";
import { runScenario, scenarios } from "./scenarios.ts";
import type { ConformanceTarget } from "./target.ts";

/** A running server, by the environment: `{"baseUrl", "accessKey", "secretKey", "serviceId"}` on the sandbox gateway. */
const real = process.env.ANTRYK_TEST_SERVER === undefined ? undefined : realTarget(JSON.parse(process.env.ANTRYK_TEST_SERVER));

describe("the fake does what the contract says", () => {
  for (const name of Object.keys(scenarios)) {
    it(name, async () => {
      const steps = await runScenario(name, fakeTarget());
      assert.ok(steps.length > 0);
    });
  }
});

describe("the fake does what the real server does", { skip: real === undefined ? "ANTRYK_TEST_SERVER names none" : false }, () => {
  for (const name of Object.keys(scenarios)) {
    it(name, async () => {
      assert.ok(real);
      assert.deepEqual(await runScenario(name, fakeTarget()), await runScenario(name, real));
    });
  }
});

function fakeTarget(): ConformanceTarget {
  const fake = new FakeAntryk();
  return { ...fake.clientOptions, serviceId: fake.serviceId, readCode: (to) => fake.lastCode(to) };
}

function realTarget(server: Omit<ConformanceTarget, "readCode">): ConformanceTarget {
  return { ...server, readCode: (to) => readSandboxCode(server.baseUrl, to) };
}

async function readSandboxCode(baseUrl: string, to: string): Promise<string | undefined> {
  const response = await fetch(`${baseUrl}/sandbox/messages?to=${encodeURIComponent(to)}`);
  const { messages } = (await response.json()) as { messages: { text: string }[] };
  return /\d{4,10}/.exec(messages[0]?.text ?? "")?.[0];
}
