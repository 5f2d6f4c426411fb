import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isIdempotencyKey, Otp, Recipient, ServiceId, VerificationId } from "@antryk/contract";
import { type ValidationCase, validationCases } from "./conformance/validation-cases.ts";
import { AntrykError, ConfigurationError, InvalidParameterError, NotFoundError } from "./index.ts";
import fc from "./test-support/fast-check.ts";
import { client, errorOf, scripted, sent, serviceId, to } from "./test-support/servers.ts";
import { FakeAntryk } from "./testing/index.ts";
import { checkParams, patterns } from "./validation.ts";

describe("the patterns", () => {
  it("are the contract's", () => {
    const sources = (schema: object) => String((schema as { pattern?: string }).pattern);
    assert.equal(patterns.recipient.source, sources(Recipient));
    assert.equal(patterns.serviceId.source, sources(ServiceId));
    assert.equal(patterns.otp.source, sources(Otp));
    assert.equal(patterns.verificationId.source, sources(VerificationId));
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 300 }),
        (key) => patterns.idempotencyKey.test(key) === isIdempotencyKey(key),
      ),
    );
  });
});

describe("the shared table of cases", () => {
  const withService = (body: ValidationCase["body"]) => (body.serviceId === "known" ? { ...body, serviceId } : body);
  for (const { operation, body, type, why } of validationCases) {
    it(`${operation}, ${why}: ${type ?? "goes to the server"}`, async () => {
      assert.equal(checkParams(operation, withService(body))?.type, type);
      const fake = new FakeAntryk({ serviceIds: [serviceId] });
      const { accessKey, secretKey } = fake.clientOptions;
      const headers = { "content-type": "application/json", "x-access-key": accessKey, "x-secret-key": secretKey };
      const request = new Request(`https://antryk.test/api/v1/sms/${operation}`, {
        method: "POST",
        headers,
        body: JSON.stringify(withService(body)),
      });
      const reply = await fake.fetch(request.url, {
        method: "POST",
        headers,
        body: await request.text(),
        redirect: "manual",
        signal: request.signal,
      });
      const { errors } = JSON.parse(await reply.text()) as { errors?: { type: string }[] };
      const own = ["otp_not_found", undefined];
      if (type === undefined) assert.ok(own.includes(errors?.[0]?.type));
      else assert.equal(errors?.[0]?.type, type);
    });
  }
});

describe("arguments", () => {
  it("are checked before any request", async (t) => {
    const server = await scripted(t, sent);
    const { sms } = client(server.url);
    await errorOf(sms.sendOtp({ to: "1", serviceId }));
    await errorOf(sms.sendOtp({ to, serviceId: "1" }));
    await errorOf(sms.verifyOtp({ to, serviceId, otp: "1" }));
    await errorOf(sms.getVerification({ verificationId: "../send-otp" }));
    assert.equal(server.requests.length, 0);
  });

  it("of the wrong kind reject, and never throw before there is a promise", async () => {
    const { sms } = client("http://127.0.0.1:9");
    const odd = [undefined, null, 1, "x", [], () => {}];
    const methods = Object.getOwnPropertyNames(Object.getPrototypeOf(sms)).filter(
      (name) => name !== "constructor",
    ) as (keyof typeof sms)[];
    assert.ok(methods.includes("sendOtp") && methods.includes("getVerification"));
    for (const value of odd) {
      for (const method of methods) {
        const error = await errorOf((sms[method] as (params: unknown) => Promise<unknown>).call(sms, value));
        assert.ok(error instanceof ConfigurationError, `${String(value)}: ${error}`);
      }
    }
  });

  it("that the method does not know are refused by name", async () => {
    const { sms } = client("http://127.0.0.1:9");
    const error = await errorOf(sms.sendOtp({ to, serviceId, idempotencyKey: "x" } as never));
    assert.match(error.message, /sms\.sendOtp\(\) knows no option `idempotencyKey`/);
    assert.match(
      (await errorOf(sms.sendOtp({ to, serviceId }, { timeout: 5 } as never))).message,
      /second argument.*`timeout`/,
    );
  });

  it("never end in another error than the package's own", async () => {
    const { sms } = client("http://127.0.0.1:9", {
      fetch: () => Promise.reject(new Error("no network")),
      maxRetries: 0,
    });
    await fc.assert(
      fc.asyncProperty(fc.anything(), fc.anything(), async (params, options) => {
        assert.ok((await errorOf(sms.verifyOtp(params as never, options as never))) instanceof AntrykError);
      }),
    );
  });

  it("idempotencyKey and verificationId are refused as the server would", async () => {
    const { sms } = client("http://127.0.0.1:9");
    for (const idempotencyKey of ["", "a b", "ü", "x".repeat(256)]) {
      const error = await errorOf(sms.sendOtp({ to, serviceId }, { idempotencyKey }));
      assert.ok(error instanceof InvalidParameterError);
      assert.equal(error.param, "Idempotency-Key");
    }
    assert.ok((await errorOf(sms.getVerification({ verificationId: serviceId }))) instanceof NotFoundError);
  });
});
