/** Real sockets: bytes that are no request, requests that end too early, and the id that every reply carries. */
import assert from "node:assert/strict";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { connect } from "node:net";
import { after, test } from "node:test";
import { assertError, newRecipient, verify } from "@antryk/testkit/http/expect";
import { exchange, exchangeOne, postText } from "@antryk/testkit/http/socket";
import { resetSocket } from "@antryk/testkit/net/reset";
import { startService } from "@antryk/testkit/service";
import { until } from "@antryk/testkit/until";

const service = await startService();
after(() => service[Symbol.asyncDispose]());
const { baseUrl, accessKey, secretKey, serviceId } = service;
const keys = { "x-access-key": accessKey, "x-secret-key": secretKey };
const sendPath = "/api/v1/sms/send-otp";
const closing = { connection: "close" };
const sendText = (to: string, headers: Record<string, string> = {}) =>
  postText(sendPath, JSON.stringify({ to, serviceId }), { ...keys, ...headers });

test("400 invalid_http: bytes that are no request", async () => {
  const noRequests = [
    "\r\n\r\ngarbage\r\n\r\n",
    Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01]),
    "GET\r\n\r\n",
    "POST /api/v1/sms/send-otp HTTP/9.9\r\n\r\n",
    "GET / HTTP/1.1\r\nhost: x\r\nbad header\r\n\r\n",
    "GET / HTTP/1.1\r\nhost: x\r\nx: \u0001\r\n\r\n",
    "NONSENSE / HTTP/1.1\r\nhost: x\r\n\r\n",
    `POST ${sendPath} HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n`,
    `POST ${sendPath} HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
    `POST ${sendPath} HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n`,
  ];
  for (const bytes of noRequests) {
    const reply = await exchangeOne(baseUrl, bytes);
    assertError(reply, "invalid_http");
    assert.equal(reply.headers.get("connection"), "close");
  }
});

test("400 invalid_http: a request of HTTP/1.1 without Host", async () => {
  for (const target of [sendPath, "/healthz", "/nowhere"]) {
    const reply = await exchangeOne(
      baseUrl,
      `GET ${target} HTTP/1.1\r\nconnection: close\r\nx-request-id: mine\r\n\r\n`,
    );
    assertError(reply, "invalid_http");
    assert.equal(reply.headers.get("x-request-id"), "mine");
  }
});

test("400 invalid_http: two Host fields, of which a proxy may have read the other", async () => {
  for (const target of [sendPath, "/healthz"])
    for (const version of ["1.0", "1.1"]) {
      const head = `GET ${target} HTTP/${version}\r\nHost: localhost\r\nhost: example.com\r\nconnection: close\r\n\r\n`;
      assertError(await exchangeOne(baseUrl, head), "invalid_http");
    }
});

test("a target that is a whole URL is the same route", async () => {
  const to = newRecipient();
  const text = sendText(to, closing).replace(`POST ${sendPath} `, `POST http://sms.example.com${sendPath} `);
  assert.equal((await exchangeOne(baseUrl, text)).status, 200);
  assert.equal(
    (await exchangeOne(baseUrl, "GET http://x/healthz?a HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")).status,
    200,
  );
  assertError(await exchangeOne(baseUrl, "GET http://x HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"), "not_found");
});

test("HTTP/1.0 needs no Host", async () => {
  const reply = await exchangeOne(baseUrl, "GET /healthz HTTP/1.0\r\n\r\n");
  assert.equal(reply.status, 200);
});

test("400 invalid_http: the chunks of a body are broken; the id of the request's head is kept", async () => {
  const fields = "host: x\r\nx-request-id: mine\r\ncontent-type: application/json\r\ntransfer-encoding: chunked";
  const head = `POST ${sendPath} HTTP/1.1\r\n${fields}\r\n\r\n`;
  const reply = await exchangeOne(baseUrl, `${head}5\r\n{"a":\r\nnonsense\r\n`);
  assertError(reply, "invalid_http");
  assert.equal(reply.headers.get("x-request-id"), "mine");
});

test("400 invalid_http: the client ends its side in the middle of a body", async () => {
  const reply = await exchangeOne(baseUrl, (socket) =>
    socket.end(postText(sendPath, '{"to":', { ...keys, "x-request-id": "mine" }, 100)),
  );
  assertError(reply, "invalid_http");
  assert.equal(reply.headers.get("x-request-id"), "mine");
});

test("431 headers_too_large: more than 16 kB of headers, in one or in many", async () => {
  const many = Array.from({ length: 200 }, (_, n) => `x-${n}: ${"y".repeat(100)}\r\n`).join("");
  for (const headers of [`x-big: ${"y".repeat(20_000)}\r\n`, many]) {
    const reply = await exchangeOne(baseUrl, `GET /healthz HTTP/1.1\r\nhost: x\r\n${headers}\r\n`);
    assertError(reply, "headers_too_large");
  }
});

test("431 headers_too_large: a request target of more than 16 kB", async () => {
  assertError(
    await exchangeOne(baseUrl, `GET /${"x".repeat(20_000)} HTTP/1.1\r\nhost: x\r\n\r\n`),
    "headers_too_large",
  );
});

test("405 method_not_allowed: CONNECT, with its own request id", async () => {
  const reply = await exchangeOne(
    baseUrl,
    "CONNECT example.com:443 HTTP/1.1\r\nhost: example.com:443\r\nx-request-id: mine\r\n\r\n",
  );
  assertError(reply, "method_not_allowed");
  assert.equal(reply.headers.get("x-request-id"), "mine");
});

test("a request that offers an upgrade is answered like any other", async () => {
  const upgrade = { connection: "upgrade, close", upgrade: "websocket" };
  assert.equal((await exchangeOne(baseUrl, sendText(newRecipient(), upgrade))).status, 200);
});

test("Expect: 100-continue is answered, and any other expectation is no obstacle", async () => {
  const body = JSON.stringify({ to: newRecipient(), serviceId });
  const reply = await exchangeOne(baseUrl, (socket, received) => {
    socket.write(postText(sendPath, "", { ...keys, ...closing, expect: "100-continue" }, Buffer.byteLength(body)));
    socket.once("data", () => {
      assert.match(received(), /^HTTP\/1\.1 100 Continue\r\n\r\n$/);
      socket.write(body);
    });
  });
  assert.equal(reply.status, 200);
  assert.equal((await exchangeOne(baseUrl, sendText(newRecipient(), { ...closing, expect: "nonsense" }))).status, 200);
});

test("pipelined requests are answered in their order, each with its own id", async () => {
  const [first, second] = [newRecipient(), newRecipient()];
  const texts = [
    sendText(first, { "x-request-id": "one" }),
    "GET /healthz HTTP/1.1\r\nhost: x\r\nx-request-id: two\r\n\r\n",
    sendText(second, { ...closing, "x-request-id": "three" }),
  ];
  const replies = await exchange(baseUrl, texts.join(""));
  assert.deepEqual(
    replies.map(({ status, headers }) => [status, headers.get("x-request-id")]),
    [
      [200, "one"],
      [200, "two"],
      [200, "three"],
    ],
  );
});

test("garbage behind a good request does not take that request's reply", async () => {
  const to = newRecipient();
  const replies = await exchange(baseUrl, `${sendText(to, { "x-request-id": "one" })}garbage\r\n\r\n`);
  assert.deepEqual(
    replies.map(({ status }) => status),
    [200, 400],
  );
  assert.equal(replies[0]?.headers.get("x-request-id"), "one");
  assert.notEqual(replies[1]?.headers.get("x-request-id"), "one", "the garbage is no part of the request before it");
});

test("a client that goes away in the middle of a body leaves nothing behind", async () => {
  for (const body of ["", '{"to":']) {
    const { hostname, port } = new URL(baseUrl);
    const begun = once(service.app.server, "request");
    const socket = connect(Number(port), hostname, () => socket.write(postText(sendPath, body, keys, 500)));
    const [request] = (await begun) as [IncomingMessage];
    const gone = new Promise((resolve) => request.once("close", resolve));
    resetSocket(socket);
    await gone;
  }
  assert.equal((await fetch(`${baseUrl}/healthz`)).status, 200);
  assert.deepEqual(
    service.logLines.filter((line) => line.includes('"level":50')),
    [],
  );
});

test("a client that goes away before the reply: the send is done all the same", async () => {
  const to = newRecipient();
  const { hostname, port } = new URL(baseUrl);
  await new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => socket.write(sendText(to), () => socket.destroy()));
    socket.on("close", resolve);
  });
  await until(() => service.app.sandbox.list(to).length > 0, { what: "the message is sent" });
  assert.equal((await verify(service, to, service.lastCode(to))).body.data.valid, true);
});

test("x-request-id: the caller's is kept on every reply if it is well-formed", async () => {
  const targets: [string, string][] = [
    ["POST", sendPath],
    ["GET", sendPath],
    ["GET", "/healthz"],
    ["GET", "/readyz"],
    ["GET", "/openapi.json"],
    ["GET", "/docs/body-credentials"],
    ["GET", "/sandbox/messages"],
    ["GET", "/api/v1/sms/verifications/x"],
    ["GET", "/nowhere"],
    ["POST", "/nowhere"],
    ["DELETE", "/healthz"],
  ];
  for (const [method, target] of targets) {
    for (const id of ["a", "A.b_c-9", "x".repeat(128)]) {
      const reply = await fetch(baseUrl + target, { method, headers: { "x-request-id": id } });
      assert.equal(reply.headers.get("x-request-id"), id, `${method} ${target}`);
    }
    for (const id of ["", "a b", "x".repeat(129), "a,b", "\u00e9", "<script>"]) {
      const kept = (await fetch(baseUrl + target, { method, headers: { "x-request-id": id } })).headers.get(
        "x-request-id",
      );
      assert.match(kept ?? "", /^[0-9a-f-]{36}$/, `${method} ${target} ${id}`);
    }
  }
});

test("x-request-id: two replies never share a made one", async () => {
  const ids = await Promise.all(
    Array.from({ length: 20 }, async () => (await fetch(`${baseUrl}/healthz`)).headers.get("x-request-id")),
  );
  assert.equal(new Set(ids).size, 20);
});
