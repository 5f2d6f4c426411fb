/** The sandbox's numbers: the server over HTTP and the fake answer each alike, and no error that has one is left out. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import * as contract from "@antryk/contract";
import { type RealServer, startRealServer } from "../test-support/real-server.ts";
import { FakeAntryk } from "../testing/index.ts";
import type { ConformanceTarget } from "./target.ts";

const { errorTypes, errorRow, errorsWithoutNumber, sandboxNumberOf } = contract;
const lines: Readonly<Record<string, contract.SandboxNumber>> = contract.sandboxLines;

/** A number of each area code is another recipient. */
const numberOf = (line: string, areaCode = 202) => `+1${areaCode}555${line}`;

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | null>>;
  readonly data: unknown;
  readonly error: Readonly<Record<string, unknown>> | undefined;
}

async function call(target: ConformanceTarget, path: string, method: string, body?: object) {
  const { baseUrl, accessKey, secretKey } = target;
  const ask = (target.fetch ?? fetch) as typeof fetch;
  return ask(`${baseUrl}/api/v1/sms/${path}`, {
    method,
    headers: { "content-type": "application/json", "x-access-key": accessKey, "x-secret-key": secretKey },
    ...(body && { body: JSON.stringify(body) }),
  });
}

async function post(target: ConformanceTarget, operation: string, body: object): Promise<Answer> {
  const reply = await call(target, operation, "POST", { serviceId: target.serviceId, ...body });
  const { data, errors } = JSON.parse(await reply.text());
  const names = ["retry-after", "x-should-retry", "ratelimit", "ratelimit-policy"];
  const headers = Object.fromEntries(names.map((name) => [name, reply.headers.get(name)]));
  return { status: reply.status, headers, data, error: errors?.[0] };
}

async function receiptOf(target: ConformanceTarget, verificationId: string): Promise<unknown> {
  const reply = await call(target, `verifications/${verificationId}`, "GET");
  return JSON.parse(await reply.text()).data.deliveries[0].receipt?.status;
}

/** What an app sees of the number, without what differs from one run to the next. */
async function story(target: ConformanceTarget, to: string, { operation }: contract.SandboxNumber) {
  const sent = await post(target, "send-otp", { to });
  const steps = [sent];
  if (operation === "verify-otp") {
    const code = (await target.readCode(to)) ?? "";
    const otp = String((Number(code) + 1) % 10 ** code.length).padStart(code.length, "0");
    steps.push(await post(target, "verify-otp", { to, otp }));
  }
  const id = (sent.data as { verificationId?: string } | undefined)?.verificationId;
  const receipt = id === undefined ? undefined : await receiptOf(target, id);
  const answers = steps.map(({ status, headers, error }) => {
    const { expiresAt, lockedUntil, decisionId: _, ...same } = error ?? {};
    return { status, headers, error: { ...same, hasEnd: [expiresAt !== undefined, lockedUntil !== undefined] } };
  });
  return { answers, last: steps.at(-1), receipt };
}

it("each error has a number that causes it, or a reason why none can", () => {
  const caused = new Set(Object.values(lines).map(({ error }) => error));
  for (const type of errorTypes) assert.notEqual(caused.has(type), type in errorsWithoutNumber, type);
  const receipts = Object.values(lines).flatMap(({ receipt }) => receipt ?? []);
  const statuses = contract.DeliveryAttempt.properties.receipt.properties.status.enum;
  assert.deepEqual(receipts, statuses);
});

it("only numbers that no person has are numbers of the sandbox", () => {
  for (const line of Object.keys(lines)) {
    assert.equal(sandboxNumberOf(numberOf(line)), lines[line]);
    assert.ok(Number(line) >= 100 && Number(line) <= 199, line);
    for (const to of [`+1202556${line}`, `+1800555${line}`, `+1900555${line}`, `+44202555${line}`, `+1202555${line}0`])
      assert.equal(sandboxNumberOf(to), undefined, to);
  }
  assert.equal(sandboxNumberOf("+12025550123"), undefined);
});

describe("server and fake answer alike", () => {
  let server: RealServer;
  const fake = new FakeAntryk();
  const fakeTarget: ConformanceTarget = {
    ...fake.clientOptions,
    serviceId: fake.serviceId,
    readCode: (to) => fake.lastCode(to),
  };
  before(async () => {
    server = await startRealServer();
  });
  after(() => server.stop());

  for (const [line, row] of Object.entries(lines)) {
    it(`${line}: ${row.operation} ${row.error ?? row.receipt}${row.mayHaveBeenSent ? ", perhaps sent" : ""}`, async () => {
      const to = numberOf(line, 303);
      const [real, faked] = [await story(server.target, to, row), await story(fakeTarget, to, row)];
      assert.deepEqual(real.answers, faked.answers);
      for (const { last, receipt } of [real, faked]) {
        assert.equal(last?.error?.type, row.error);
        assert.equal(last?.status, row.error === undefined ? 200 : errorRow(row.error).status);
        assert.equal(receipt, row.receipt);
        if (row.error === "provider_unavailable")
          assert.equal(last?.error?.mayHaveBeenSent, row.mayHaveBeenSent ?? false);
      }
    });
  }

  it("the code of a message that may have been sent verifies", async () => {
    const to = numberOf("0165", 404);
    for (const target of [server.target, fakeTarget]) {
      await post(target, "send-otp", { to });
      const { data } = await post(target, "verify-otp", { to, otp: await target.readCode(to) });
      assert.equal((data as { valid: boolean }).valid, true);
    }
  });

  it("a right code verifies where a wrong one is answered 400", async () => {
    const to = numberOf("0170", 404);
    for (const target of [server.target, fakeTarget]) {
      await post(target, "send-otp", { to });
      const { data } = await post(target, "verify-otp", { to, otp: await target.readCode(to) });
      assert.equal((data as { valid: boolean }).valid, true);
    }
  });
});
