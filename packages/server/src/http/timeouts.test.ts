/** Requests that do not arrive whole in time. */
import assert from "node:assert/strict";
import { after, suite, test } from "node:test";
import { assertError } from "@antryk/testkit/http/expect";
import { exchange, exchangeOne, postText } from "@antryk/testkit/http/socket";
import { startService } from "@antryk/testkit/service";
import { defaultTimeouts } from "./server.ts";

/** Long enough for a request's head to arrive, however slow the machine: the tests are about what comes after it. */
const service = await startService({ timeouts: { headersMs: 3_000, requestMs: 3_000 } });
after(() => service[Symbol.asyncDispose]());
const { baseUrl, accessKey, secretKey } = service;
const keys = { "x-access-key": accessKey, "x-secret-key": secretKey };

suite("slow clients", { concurrency: true }, () => {
  test("408 request_timeout: the headers do not end", async () => {
    const reply = await exchangeOne(baseUrl, "POST /api/v1/sms/send-otp HTTP/1.1\r\nhost: x\r\n");
    assertError(reply, "request_timeout", { retryAfter: 1 });
    assert.equal(reply.headers.get("connection"), "close");
  });

  test("408 request_timeout: the body does not end; the id of the request's head is kept", async () => {
    const text = postText("/api/v1/sms/send-otp", '{"to":', { ...keys, "x-request-id": "mine" }, 100);
    const reply = await exchangeOne(baseUrl, text);
    assertError(reply, "request_timeout", { retryAfter: 1 });
    assert.equal(reply.headers.get("x-request-id"), "mine");
  });

  test("408 request_timeout: a body that drips, byte after byte", async () => {
    const reply = await exchangeOne(baseUrl, (socket) => {
      socket.write(postText("/api/v1/sms/send-otp", "", keys, 10_000));
      const drip = setInterval(() => socket.write(" "), 50);
      socket.on("close", () => clearInterval(drip));
    });
    assertError(reply, "request_timeout", { retryAfter: 1 });
  });

  test("a slow body to any other route is 408 or an answer that needs no body, never a hang", async () => {
    const [reply] = await exchange(baseUrl, postText("/nowhere", '{"to":', {}, 100));
    assert.ok(reply?.status === 408 || reply?.status === 404);
  });
});

test("the defaults: 10 s for headers, 15 s for a whole request", () => {
  assert.deepEqual(defaultTimeouts, { headersMs: 10_000, requestMs: 15_000 });
});
