/** No error holds a header, a credential or a code, however deep one looks. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { inspect } from "node:util";
import { client, errorOf, json, scripted, secretKey, serviceId, to, transports } from "./test-support/servers.ts";

const otp = "7391846250";

function everythingIn(value: unknown): string {
  const own = inspect(value, { depth: 20, showHidden: true, maxStringLength: null, maxArrayLength: null });
  return `${own} ${JSON.stringify(value)} ${String(value)} ${value instanceof Error ? value.stack : ""}`;
}

function assertClean(value: unknown): void {
  const text = everythingIn(value);
  for (const secret of [secretKey, otp, to, "x-secret-key", "x-access-key"])
    assert.ok(!text.includes(secret), `it holds ${secret}: ${text}`);
}

describe("no secret is in an error", () => {
  const params = { to, serviceId, otp };

  for (const { name, options } of transports) {
    it(`of a connection that fails (${name})`, async () => {
      assertClean(await errorOf(client("http://127.0.0.1:9", { ...options, maxRetries: 0 }).sms.verifyOtp(params)));
    });

    it(`of a proxy that repeats the request in its page (${name})`, async (t) => {
      const server = await scripted(t, (request, response) => {
        response
          .writeHead(502, { "content-type": "text/html" })
          .end(`<pre>${JSON.stringify(request.headers)} ${otp}</pre>`);
      });
      assertClean(await errorOf(client(server.url, { ...options, maxRetries: 0 }).sms.verifyOtp(params)));
    });

    it(`of a server that repeats the request in its envelope (${name})`, async (t) => {
      const errors = [
        {
          message: `bad code ${otp} of ${secretKey} for ${to}`,
          code: 400,
          type: `otp_invalid ${otp}`,
          param: otp,
          expiresAt: otp,
        },
      ];
      const server = await scripted(t, json(400, { success: false, errors }, { "x-request-id": otp }));
      assertClean(await errorOf(client(server.url, options).sms.verifyOtp(params)));
    });
  }

  it("of a fetch that fails with the request in its error", async () => {
    const fetch = (_url: string, init: { headers: object; body?: string }) => {
      const error = Object.assign(new Error(`bad header ${secretKey}`), {
        request: init,
        config: { headers: init.headers, data: init.body },
      });
      return Promise.reject(new Error("request failed", { cause: error }));
    };
    const error = await errorOf(client("http://127.0.0.1:9", { fetch, maxRetries: 0 }).sms.verifyOtp(params));
    assertClean(error);
    assert.match(everythingIn(error), /bad header \[redacted\]/);
  });

  it("of a fetch that throws what is no error", async () => {
    const fetch = () => Promise.reject({ headers: { "x-secret-key": secretKey } });
    assertClean(await errorOf(client("http://127.0.0.1:9", { fetch, maxRetries: 0 }).sms.verifyOtp(params)));
  });

  it("of wrong options", async () => {
    for (const bad of [
      { accessKey: `${secretKey} ` },
      { secretKey: `${secretKey}\n` },
      { baseUrl: `http://u:${secretKey}@h` },
    ]) {
      const error = await errorOf(Promise.resolve().then(() => client("http://h", bad)));
      assertClean({ message: error.message });
    }
    assertClean(await errorOf(client("http://h").sms.verifyOtp(params, { headers: { "x-note": `${secretKey}\n` } })));
  });

  it("of wrong arguments", async () => {
    assertClean(await errorOf(client("http://h").sms.verifyOtp({ ...params, to: otp })));
    assertClean(await errorOf(client("http://h").sms.verifyOtp({ ...params, otp: `${otp}0` })));
  });
});

it("no secret is in a log line, nor in the client", async (t) => {
  const lines: unknown[] = [];
  const write = (...line: unknown[]) => lines.push(line);
  const server = await scripted(
    t,
    json(503, { success: false, errors: [{ message: "x", code: 503, type: "unavailable" }] }),
  );
  const logger = { debug: write, info: write, warn: write, error: write };
  const one = client(server.url, { logger, logLevel: "debug", maxRetries: 1 });
  await errorOf(one.sms.verifyOtp({ to, serviceId, otp }));
  assert.equal(lines.length, 3);
  const text = everythingIn(lines) + inspect(one, { depth: 20, showHidden: true });
  for (const secret of [secretKey, otp, to]) assert.ok(!text.includes(secret), secret);
});
