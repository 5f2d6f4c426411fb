import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import type { ErrorType } from "./generated/error-rows.ts";
import {
  AbortError,
  ConnectionError,
  OtpPendingError,
  ProviderUnavailableError,
  RateLimitedError,
  TimeoutError,
} from "./index.ts";
import { resetSocket } from "./test-support/reset.ts";
import {
  client,
  closedUrl,
  errorOf,
  failed,
  halfBody,
  reset,
  scripted,
  sent,
  serviceId,
  stall,
  stalledBody,
  tcp,
  to,
  transports,
} from "./test-support/servers.ts";

const params = { to, serviceId };
/** Cuts off what stalls; an answer that a slow machine gives later than this is asked for again, up to ten times. */
const patient = { timeoutMs: 1_000, maxRetries: 10, totalTimeoutMs: 240_000 };

for (const { name, options } of transports) {
  describe(`retries by ${name}`, { concurrency: true }, () => {
    it("a refused connection is retried maxRetries times and then thrown", async () => {
      const lines: string[] = [];
      const logger = { info: (line: string) => lines.push(line) };
      const error = await errorOf(client(closedUrl, { ...options, logger, logLevel: "info" }).sms.sendOtp(params));
      assert.ok(error instanceof ConnectionError);
      assert.equal(error.type, "connection_error");
      assert.match(error.message, /ECONNREFUSED/);
      assert.equal(lines.length, 2);
    });

    for (const [what, answer] of [
      ["a reset connection", reset],
      ["half a body", halfBody],
    ] as const) {
      it(`${what} is retried`, async (t) => {
        const server = await scripted(t, answer, sent);
        const before = performance.now();
        const { sms } = client(server.url, { ...options, timeoutMs: 120_000, totalTimeoutMs: 240_000 });
        const { response } = await sms.sendOtp(params).withResponse();
        assert.equal(response.attempts, 2);
        assert.equal(server.requests.length, 2);
        assert.ok(performance.now() - before < 60_000, "it was noticed at once, not by timeoutMs");
      });
    }

    for (const [what, answer] of [
      ["a server that never answers", stall],
      ["a body that stalls", stalledBody],
    ] as const) {
      it(`${what} is cut off after timeoutMs and retried`, async (t) => {
        const server = await scripted(t, answer, sent);
        const before = performance.now();
        const { response } = await client(server.url, { ...options, ...patient })
          .sms.sendOtp(params)
          .withResponse();
        assert.ok(response.attempts >= 2);
        assert.ok(performance.now() - before >= patient.timeoutMs + 375);
      });

      it(`${what} is a TimeoutError in the end`, async (t) => {
        const server = await scripted(t, answer);
        const error = await errorOf(
          client(server.url, { ...options, timeoutMs: 100, maxRetries: 0 }).sms.sendOtp(params),
        );
        assert.ok(error instanceof TimeoutError && error instanceof ConnectionError);
        assert.match(error.message, /100 ms \(timeoutMs\)/);
      });
    }

    it("headers that trickle in do not stretch timeoutMs", async (t) => {
      const server = await tcp(t, (socket) => {
        socket.write("HTTP/1.1 200 OK\r\n");
        const trickle = setInterval(() => socket.writable && socket.write("x-slow: 1\r\n"), 40);
        socket.on("close", () => clearInterval(trickle));
      });
      const error = await errorOf(
        client(server.url, { ...options, timeoutMs: 250, maxRetries: 0 }).sms.sendOtp(params),
      );
      assert.ok(error instanceof TimeoutError);
    });

    it("bytes that are not HTTP are a ConnectionError without those bytes", async (t) => {
      const server = await tcp(t, (socket) => socket.end("SSH-2.0-secret-banner\r\n"));
      const error = await errorOf(client(server.url, { ...options, maxRetries: 0 }).sms.sendOtp(params));
      assert.ok(error instanceof ConnectionError);
      assert.doesNotMatch(inspectAll(error), /secret-banner/);
    });

    for (const type of [
      "request_timeout",
      "internal_error",
      "provider_unavailable",
      "unavailable",
      "idempotency_in_progress",
      "rate_limited",
    ] as const) {
      it(`${type} is retried`, async (t) => {
        const server = await scripted(t, failed(type), sent);
        await client(server.url, options).sms.sendOtp(params);
        assert.equal(server.requests.length, 2);
      });
    }

    for (const type of [
      "invalid_recipient",
      "invalid_credentials",
      "recipient_blocked",
      "otp_not_found",
      "otp_expired",
      "otp_pending",
    ] as const) {
      it(`${type} is not retried`, async (t) => {
        assert.equal(await requestsFor(t, type, {}, options), 1);
      });
    }

    it("x-should-retry: false ends what would be retried", async (t) => {
      assert.equal(await requestsFor(t, "internal_error", { "x-should-retry": "false" }, options), 1);
    });

    it("x-should-retry: true repeats what would not be retried", async (t) => {
      assert.equal(
        await requestsFor(t, "otp_not_found", { "x-should-retry": "true" }, { ...options, maxRetries: 1 }),
        2,
      );
    });

    it("Retry-After is waited for", async (t) => {
      const server = await scripted(t, failed("rate_limited", { "retry-after": "2" }), sent);
      await client(server.url, options).sms.sendOtp(params);
      const [first, second] = server.requests;
      assert.ok(first && second && second.at - first.at >= 1_950);
    });

    it("a Retry-After past the limit is thrown at once, and says how long", async (t) => {
      const server = await scripted(t, failed("rate_limited", { "retry-after": "16" }));
      const { waits, logger } = waitsOf();
      const error = await errorOf(client(server.url, { ...options, logger, logLevel: "info" }).sms.sendOtp(params));
      assert.ok(error instanceof RateLimitedError);
      assert.equal(error.retryAfterMs, 16_000);
      assert.deepEqual([waits, server.requests.length], [[], 1]);
    });

    it("one idempotency key goes with every attempt of a call, and another with the next call", async (t) => {
      const server = await scripted(t, failed("unavailable"), sent);
      const { sms } = client(server.url, options);
      const { response } = await sms.sendOtp(params).withResponse();
      await sms.sendOtp(params);
      const [first, second, third] = server.requests.map(({ headers }) => headers["idempotency-key"]);
      assert.match(String(first), /^[0-9a-f-]{36}$/);
      assert.equal(second, first);
      assert.equal(response.idempotencyKey, first);
      assert.notEqual(third, first);
    });

    it("a key goes along with retries off too, and a caller's own is kept", async (t) => {
      const server = await scripted(t, sent);
      const { sms } = client(server.url, { ...options, maxRetries: 0 });
      await sms.sendOtp(params);
      await sms.sendOtp(params, { idempotencyKey: "order-17" });
      const [minted, own] = server.requests.map(({ headers }) => headers["idempotency-key"]);
      assert.match(String(minted), /^[0-9a-f-]{36}$/);
      assert.equal(own, "order-17");
    });

    it("maxRetries of a call replaces the client's", async (t) => {
      const server = await scripted(t, failed("unavailable"));
      await errorOf(client(server.url, { ...options, maxRetries: 2 }).sms.sendOtp(params, { maxRetries: 0 }));
      assert.equal(server.requests.length, 1);
    });

    it("totalTimeoutMs ends an attempt", async (t) => {
      const server = await scripted(t, stall);
      const error = await errorOf(client(server.url, { ...options, totalTimeoutMs: 150 }).sms.sendOtp(params));
      assert.ok(error instanceof TimeoutError);
      assert.match(error.message, /150 ms \(totalTimeoutMs\)/);
    });

    it("a wait that would end past totalTimeoutMs is not begun", async (t) => {
      const server = await scripted(t, failed("provider_unavailable", { "retry-after": "14" }));
      const { waits, logger } = waitsOf();
      const limits = { logger, logLevel: "info", totalTimeoutMs: 13_900 } as const;
      const error = await errorOf(client(server.url, { ...options, ...limits }).sms.sendOtp(params));
      assert.ok(error instanceof ProviderUnavailableError);
      assert.deepEqual([waits, server.requests.length], [[], 1]);
    });

    it("the signal ends a wait between attempts", async (t) => {
      const server = await scripted(t, failed("unavailable", { "retry-after": "9" }));
      const reason = new Error("the user left");
      const controller = new AbortController();
      const { waits, logger } = waitsOf(() => setImmediate(() => controller.abort(reason)));
      const { sms } = client(server.url, { ...options, logger, logLevel: "info" });
      const error = await errorOf(sms.sendOtp(params, { signal: controller.signal }));
      assert.ok(error instanceof AbortError);
      assert.equal(error.cause, reason);
      assert.equal(error.name, "AbortError");
      assert.deepEqual([waits.length, server.requests.length], [1, 1]);
    });

    it("the signal ends an attempt and closes its connection", async (t) => {
      const controller = new AbortController();
      const server = await scripted(t, () => controller.abort());
      const call = client(server.url, options).sms.sendOtp(params, { signal: controller.signal });
      assert.ok((await errorOf(call)) instanceof AbortError);
      const socket = server.requests[0]?.socket;
      assert.ok(socket);
      if (!socket.destroyed) await new Promise((resolve) => socket.on("close", resolve));
    });

    it("a signal that is aborted already makes no request", async (t) => {
      const server = await scripted(t, sent);
      const error = await errorOf(client(server.url, options).sms.sendOtp(params, { signal: AbortSignal.abort() }));
      assert.ok(error instanceof AbortError);
      assert.equal(server.requests.length, 0);
    });

    it("a signal that is aborted while a credential is fetched makes no request", async (t) => {
      const server = await scripted(t, sent);
      const controller = new AbortController();
      const accessKey = () => {
        controller.abort();
        return "a-1";
      };
      const error = await errorOf(
        client(server.url, { ...options, accessKey }).sms.sendOtp(params, { signal: controller.signal }),
      );
      assert.ok(error instanceof AbortError);
      assert.equal(server.requests.length, 0);
    });

    it("a connection that the server closed while idle costs no retry", async (t) => {
      const server = await scripted(t, sent, (request, response) => {
        // What a server does that closes the connection while the request is on its way.
        if (request.socket === server.requests[0]?.socket) resetSocket(request.socket);
        else sent(request, response);
      });
      const { sms } = client(server.url, { ...options, maxRetries: options.fetch ? 1 : 0 });
      await sms.sendOtp(params);
      await sms.sendOtp(params);
      assert.ok(server.requests.length === 3 || options.fetch);
    });
  });
}

describe("retries by node:http", () => {
  it("a new connection that is reset is a failure, not a stale one", async (t) => {
    const server = await scripted(t, reset);
    const error = await errorOf(client(server.url, { maxRetries: 0 }).sms.sendOtp(params));
    assert.ok(error instanceof ConnectionError);
    assert.equal(server.requests.length, 1);
  });

  it("calls one after another share a connection, also those of another client", async (t) => {
    const server = await scripted(t, sent);
    await client(server.url).sms.sendOtp(params);
    await client(server.url).sms.sendOtp(params);
    assert.equal(server.requests[0]?.socket, server.requests[1]?.socket);
  });

  it("otp_pending is thrown as it is", async (t) => {
    const server = await scripted(t, failed("otp_pending", { "retry-after": "1" }));
    assert.ok((await errorOf(client(server.url).sms.sendOtp(params))) instanceof OtpPendingError);
  });
});

/** A logger that keeps what is logged of waits, each as it begins. */
function waitsOf(onWait: () => void = () => {}): { waits: string[]; logger: { info(line: string): void } } {
  const waits: string[] = [];
  const info = (line: string): void => {
    if (!line.includes("is retried in")) return;
    waits.push(line);
    onWait();
  };
  return { waits, logger: { info } };
}

async function requestsFor(
  t: TestContext,
  type: ErrorType,
  headers: Record<string, string>,
  options: object,
): Promise<number> {
  const server = await scripted(t, failed(type, headers));
  const error = await errorOf(client(server.url, options).sms.sendOtp(params));
  assert.equal(error.type, type);
  return server.requests.length;
}

function inspectAll(error: unknown): string {
  const parts: string[] = [];
  for (let link = error; link instanceof Error; link = link.cause) parts.push(`${link.stack} ${JSON.stringify(link)}`);
  return parts.join("\n");
}
