import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type RealServer, startRealServer } from "../test-support/real-server.ts";
import { FakeAntryk } from "../testing/index.ts";
import { runScenario, scenarios } from "./scenarios.ts";
import type { ConformanceTarget } from "./target.ts";
import { validationCases } from "./validation-cases.ts";

function fakeTarget(): ConformanceTarget {
  const fake = new FakeAntryk();
  return { ...fake.clientOptions, serviceId: fake.serviceId, readCode: (to) => fake.lastCode(to) };
}

describe("the fake does what the real server does", () => {
  let server: RealServer;
  before(async () => {
    server = await startRealServer();
  });
  after(() => server.stop());

  for (const name of Object.keys(scenarios)) {
    it(name, async () => {
      const [fake, real] = [await runScenario(name, fakeTarget()), await runScenario(name, server.target)];
      assert.ok(real.length > 0);
      assert.deepEqual(fake, real);
    });
  }

  it("whatever the client refuses for its syntax, the server refuses with the same type", async () => {
    const { baseUrl, accessKey, secretKey, serviceId } = server.target;
    const headers = { "content-type": "application/json", "x-access-key": accessKey, "x-secret-key": secretKey };
    for (const { operation, body, type, why } of validationCases) {
      const sent = JSON.stringify(body.serviceId === "known" ? { ...body, serviceId } : body);
      const response = await fetch(`${baseUrl}/api/v1/sms/${operation}`, { method: "POST", headers, body: sent });
      const { errors } = (await response.json()) as { errors?: { type: string }[] };
      const answered = errors?.[0]?.type;
      if (type === undefined)
        assert.ok(
          [undefined, "otp_not_found", "otp_pending", "rate_limited"].includes(answered),
          `${operation}, ${why}: ${answered}`,
        );
      else assert.equal(answered, type, `${operation}, ${why}`);
    }
  });
});
