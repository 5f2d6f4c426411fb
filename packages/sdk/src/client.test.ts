import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { defaults, resolveConfig } from "./config.ts";
import {
  AntrykClient,
  ApiError,
  type ClientOptions,
  ConfigurationError,
  InvalidCredentialsError,
  RateLimitedError,
  TimeoutError,
} from "./index.ts";
import { isBrowser, isNode } from "./runtime.ts";
import {
  accessKey,
  client,
  errorOf,
  failed,
  json,
  scripted,
  secretKey,
  sent,
  sentBody,
  serviceId,
  to,
  transports,
} from "./test-support/servers.ts";
import { version } from "./version.ts";

const params = { to, serviceId };

function refusal(options: unknown): ConfigurationError {
  try {
    new AntrykClient(options as ClientOptions);
  } catch (error) {
    assert.ok(error instanceof ConfigurationError);
    return error;
  }
  throw new Error("it was not refused");
}

function withEnvironment(variables: Record<string, string>, run: () => void): void {
  const before = { ...process.env };
  Object.assign(process.env, variables);
  try {
    run();
  } finally {
    process.env = before;
  }
}

describe("new AntrykClient()", () => {
  const good = { baseUrl: "https://otp.example.com", accessKey, secretKey };

  it("has the documented defaults", () => {
    assert.deepEqual(defaults, { timeoutMs: 15_000, totalTimeoutMs: 40_000, maxRetries: 2 });
    const { timeoutMs, totalTimeoutMs, maxRetries } = resolveConfig(good);
    assert.deepEqual({ timeoutMs, totalTimeoutMs, maxRetries }, defaults);
  });

  it("without a base URL names the option and the variable, and no host is built in", () => {
    const { message, param } = refusal({ accessKey, secretKey });
    assert.match(message, /`baseUrl`.*ANTRYK_BASE_URL/);
    assert.equal(param, "baseUrl");
  });

  it("without a key names the option and the variable", () => {
    assert.match(refusal({ ...good, accessKey: undefined }).message, /`accessKey`.*ANTRYK_ACCESS_KEY/);
    assert.match(refusal({ ...good, secretKey: undefined }).message, /`secretKey`.*ANTRYK_SECRET_KEY/);
  });

  it("reads the environment", () => {
    withEnvironment(
      { ANTRYK_BASE_URL: "https://env.example.com/", ANTRYK_ACCESS_KEY: "a-1", ANTRYK_SECRET_KEY: "s-1" },
      () => {
        const config = resolveConfig({});
        assert.deepEqual(
          [config.baseUrl, config.accessKey, config.secretKey],
          ["https://env.example.com", "a-1", "s-1"],
        );
        assert.equal(resolveConfig({ accessKey: "own" }).accessKey, "own");
      },
    );
  });

  it("refuses an unknown name, and says which it knows", () => {
    assert.match(refusal({ ...good, apiKey: "x" }).message, /`apiKey`.*accessKey/);
    assert.match(refusal({ ...good, timeout: 5 }).message, /`timeout`.*timeoutMs/);
  });

  for (const [name, values] of Object.entries({
    baseUrl: [
      "",
      "otp.example.com",
      "ftp://h",
      "https://u:p@h",
      "https://h?x=1",
      "https://h#x",
      "https://h/api/v1/sms",
      "https://h/api/v1/",
      "https://h/api/v1/sms/send-otp",
      5,
    ],
    accessKey: ["", " k", "k\n", 5, {}],
    secretKey: ["", "k ", "schlüssel", 5],
    timeoutMs: [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, "5", 2 ** 31],
    totalTimeoutMs: [0, "5"],
    maxRetries: [-1, 11, 1.5, "2"],
    fetch: ["fetch", {}],
    logger: ["console", 5],
    logLevel: ["verbose", 5],
  })) {
    it(`refuses a malformed ${name}`, () => {
      for (const value of values) assert.equal(refusal({ ...good, [name]: value }).param, name, String(value));
    });
  }

  it("keeps a path before /api/v1/sms", async (t) => {
    for (const { options } of transports) {
      const paths: (string | undefined)[] = [];
      const server = await scripted(t, (request, response) => {
        paths.push(request.url);
        sent(request, response);
      });
      await client(`${server.url}/behind/a/proxy/`, options).sms.sendOtp(params);
      assert.deepEqual(paths, ["/behind/a/proxy/api/v1/sms/send-otp"]);
    }
  });

  it("warns of http to another machine, and not to this one", () => {
    const lines: string[] = [];
    const logger = { warn: (line: string) => lines.push(line) };
    for (const baseUrl of ["http://localhost:8080", "http://127.0.0.1", "http://[::1]:8080", "https://h"])
      resolveConfig({ ...good, baseUrl, logger });
    assert.deepEqual(lines, []);
    resolveConfig({ ...good, baseUrl: "http://localhost.example.com", logger });
    assert.equal(lines.length, 1);
  });
});

describe("where it runs", () => {
  const node = { process: { versions: { node: "24.0.0" } }, navigator: { userAgent: "Node.js/24" } };
  const mozilla = { userAgent: "Mozilla/5.0 (X11; Linux x86_64)" };
  const places: Record<string, [global: Parameters<typeof isNode>[0], node: boolean, browser: boolean]> = {
    Node: [node, true, false],
    "Node with a DOM of a test library": [{ ...node, navigator: mozilla }, true, false],
    Bun: [{ ...node, Bun: {} }, false, false],
    Deno: [{ ...node, Deno: {} }, false, false],
    "a page": [{ navigator: mozilla }, false, true],
    "a page with a bundler's process": [{ navigator: mozilla, process: { versions: {} } }, false, true],
    "an Electron page": [
      { navigator: mozilla, process: { versions: { node: "24.0.0" }, type: "renderer" } },
      false,
      true,
    ],
    "React Native": [{ navigator: { product: "ReactNative" } }, false, true],
    "Cloudflare Workers": [
      { navigator: { userAgent: "Cloudflare-Workers" }, process: { versions: { node: "22.0.0" } } },
      false,
      false,
    ],
    "an edge runtime without navigator": [{}, false, false],
  };
  for (const [name, [global, node, browser]] of Object.entries(places)) {
    it(`${name} is recognized`, () => {
      assert.deepEqual([isNode(global), isBrowser(global)], [node, browser]);
    });
  }

  it("a browser is refused with the reason and the way out", () => {
    assert.throws(
      () => resolveConfig({ baseUrl: "https://h", accessKey, secretKey }, { navigator: mozilla }),
      /secret key.*on your server/,
    );
  });

  it("a runtime that hides its environment only has options", () => {
    const process = {
      get env(): never {
        throw new Error("no leave");
      },
    };
    const hidden = { process };
    const { baseUrl } = resolveConfig(
      { baseUrl: "https://h", accessKey, secretKey, fetch: () => Promise.reject() },
      hidden,
    );
    assert.equal(baseUrl, "https://h");
  });
});

for (const { name, options } of transports) {
  describe(`a call by ${name}`, () => {
    it("sends the documented request", async (t) => {
      const server = await scripted(t, sent);
      await client(server.url, options).sms.sendOtp({ ...params, locale: undefined } as never, {
        headers: { "x-request-id": "mine" },
      });
      const [request] = server.requests;
      assert.deepEqual(JSON.parse(request?.body ?? ""), params);
      assert.ok(request);
      const { headers } = request;
      assert.equal(headers["x-access-key"], accessKey);
      assert.equal(headers["x-secret-key"], secretKey);
      assert.equal(headers["content-type"], "application/json");
      assert.equal(headers["x-request-id"], "mine");
      assert.equal(headers["user-agent"], `antryk-sdk/${version}`);
    });

    it("gives the documented body, and the request's id where it is in no caller's way", async (t) => {
      const server = await scripted(t, sent);
      const result = await client(server.url, options).sms.sendOtp(params);
      assert.deepEqual(result, sentBody);
      assert.equal(result.requestId, "req-1");
      assert.ok(!Object.keys(result).includes("requestId"));
      assert.deepEqual(JSON.parse(JSON.stringify(result)), sentBody);
    });

    it("gives the rest by withResponse()", async (t) => {
      const server = await scripted(t, json(200, sentBody, { "x-request-id": "r", "idempotency-replayed": "true" }));
      const { result, response } = await client(server.url, options).sms.sendOtp(params).withResponse();
      assert.deepEqual(result, sentBody);
      const { headers, idempotencyKey, ...rest } = response;
      assert.deepEqual(rest, { status: 200, requestId: "r", attempts: 1, replayed: true });
      assert.equal(headers["content-type"], "application/json");
      assert.equal(idempotencyKey, server.requests[0]?.headers["idempotency-key"]);
    });

    it("does not follow a redirect: the keys stay where they were sent", async (t) => {
      const other = await scripted(t, sent);
      const server = await scripted(t, json(307, {}, { location: other.url }));
      const error = await errorOf(client(server.url, options).sms.sendOtp(params));
      assert.ok(error instanceof ApiError);
      assert.equal(error.type, "unexpected_reply");
      assert.match(error.message, /redirect \(307\)/);
      assert.equal(other.requests.length, 0);
    });

    it("takes no page of a proxy for a success", async (t) => {
      for (const body of ["<html>", "", "null", "[]", "{}", '{"success":"true"}']) {
        const server = await scripted(t, (_request, response) => response.writeHead(200).end(body));
        const error = await errorOf(client(server.url, options).sms.sendOtp(params));
        assert.ok(error instanceof ApiError);
        assert.equal(error.type, "unexpected_reply", body);
      }
    });

    it("names a wrong address, and a proxy whose server is away", async (t) => {
      for (const [status, words] of [
        [404, /404: check `baseUrl`$/],
        [502, /502: check the proxy/],
      ] as const) {
        const server = await scripted(t, (_request, response) => response.writeHead(status).end("<html>"));
        const error = await errorOf(client(server.url, { ...options, maxRetries: 0 }).sms.sendOtp(params));
        assert.equal(error.type, "unexpected_reply");
        assert.match(error.message, words);
      }
    });

    it("sends a caller's header once, however it is spelt", async (t) => {
      const server = await scripted(t, sent);
      await client(server.url, options).sms.sendOtp(params, { headers: { "User-Agent": "mine/1" } });
      assert.equal(server.requests[0]?.headers["user-agent"], "mine/1");
    });

    it("makes the error of the server's envelope", async (t) => {
      const row = {
        message: "Rate Limited",
        code: 429,
        type: "rate_limited",
        retryAfter: 40,
        param: "to",
        expiresAt: "2026-11-23T00:00:00.000Z",
      };
      const server = await scripted(t, json(429, { success: false, errors: [row] }));
      const error = await errorOf(client(server.url, options).sms.sendOtp(params));
      assert.ok(error instanceof RateLimitedError);
      const { name, ...fields } = JSON.parse(JSON.stringify(error));
      assert.equal(name, "RateLimitedError");
      const { message, type, code, param, expiresAt } = row;
      assert.deepEqual(fields, {
        message,
        type,
        status: 429,
        code,
        requestId: "req-1",
        retryAfterMs: 40_000,
        param,
        expiresAt,
      });
    });

    it("keeps an error that this version does not know", async (t) => {
      const server = await scripted(
        t,
        json(418, { success: false, errors: [{ message: "New", code: 418, type: "brand_new" }] }),
      );
      const error = await errorOf(client(server.url, options).sms.sendOtp(params));
      assert.ok(error instanceof ApiError);
      assert.equal(error.constructor, ApiError);
      assert.deepEqual(
        [error.type, error.serverType, error.status, error.message],
        ["unknown_error", "brand_new", 418, "New"],
      );
    });

    it("leaves no unhandled rejection behind withResponse()", async (t) => {
      const server = await scripted(t, failed("invalid_credentials"));
      await assert.rejects(client(server.url, options).sms.sendOtp(params).withResponse(), InvalidCredentialsError);
      // Node says so before the next turn of the event loop.
      await new Promise((resolve) => setImmediate(resolve));
    });
  });
}

it("a reply that never ends is not read into memory", async (t) => {
  const server = await scripted(t, (_request, response) => {
    response.writeHead(200);
    const more = () => response.writable && response.write("x".repeat(65_536), () => setImmediate(more));
    more();
  });
  const error = await errorOf(client(server.url, { maxRetries: 0 }).sms.sendOtp(params));
  assert.equal(error.type, "connection_error");
});

describe("credentials as functions", () => {
  it("are asked once per call, so that keys can rotate", async (t) => {
    const server = await scripted(t, sent, failed("unavailable"), sent);
    let turn = 0;
    const one = client(server.url, { accessKey: async () => `a-${++turn}`, secretKey: () => `s-${turn}` });
    await one.sms.sendOtp(params);
    await one.sms.sendOtp(params);
    assert.deepEqual(
      server.requests.map(({ headers }) => headers["x-access-key"]),
      ["a-1", "a-2", "a-2"],
    );
  });

  it("that fail or give nonsense are named, without a request", async (t) => {
    const server = await scripted(t, sent);
    const failing = client(server.url, { secretKey: () => Promise.reject(new Error("vault is sealed")) });
    const error = await errorOf(failing.sms.sendOtp(params));
    assert.ok(error instanceof ConfigurationError);
    assert.match(error.message, /`secretKey` failed/);
    assert.match(
      String((await errorOf(client(server.url, { accessKey: () => "" }).sms.sendOtp(params))).message),
      /`accessKey` must be/,
    );
    assert.equal(server.requests.length, 0);
  });

  it("that hang are cut off by totalTimeoutMs", async () => {
    const hanging = client("http://127.0.0.1:9", {
      accessKey: () => new Promise<string>(() => {}),
      totalTimeoutMs: 100,
    });
    assert.ok((await errorOf(hanging.sms.sendOtp(params))) instanceof TimeoutError);
  });
});

describe("headers of a call", () => {
  for (const headers of [
    { "X-Secret-Key": "x" },
    { "Idempotency-Key": "x" },
    { host: "h" },
    { "bad name": "x" },
    { "x-a": "a\r\nb: c" },
    { "x-a": 5 },
    [],
  ]) {
    it(`${JSON.stringify(headers)} are refused`, async () => {
      const error = await errorOf(client("http://127.0.0.1:9").sms.sendOtp(params, { headers: headers as never }));
      assert.ok(error instanceof ConfigurationError);
      assert.equal(error.param, "headers");
    });
  }
});

it("a logger that throws does not fail the call", async (t) => {
  const server = await scripted(t, sent);
  const logger = {
    debug: () => {
      throw new Error("disk full");
    },
  };
  await client(server.url, { logger, logLevel: "debug" }).sms.sendOtp(params);
});
