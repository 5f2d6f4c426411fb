/** Bodies: media type, size, JSON; and unknown paths and methods. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { bounds } from "@antryk/contract";
import { assertError, newRecipient } from "@antryk/testkit/http/expect";
import { smsOperations } from "@antryk/testkit/http/operations";
import { exchangeOne, postText } from "@antryk/testkit/http/socket";
import { startService, type TestReply } from "@antryk/testkit/service";

const service = await startService();
after(() => service[Symbol.asyncDispose]());
const { baseUrl, accessKey, secretKey, serviceId } = service;
const keys = { "x-access-key": accessKey, "x-secret-key": secretKey };
const sendPath = "/api/v1/sms/send-otp";

async function request(
  method: string,
  path: string,
  body?: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
): Promise<TestReply> {
  const reply = await fetch(baseUrl + path, {
    method,
    headers: { ...keys, ...headers },
    ...(body === undefined ? {} : { body }),
  });
  const text = await reply.text();
  return { status: reply.status, headers: reply.headers, body: text === "" ? undefined : JSON.parse(text) };
}

const postJson = (path: string, body: string | Uint8Array<ArrayBuffer>) =>
  request("POST", path, body, { "content-type": "application/json" });

for (const operation of smsOperations) {
  const path = `/api/v1/sms/${operation}`;

  test(`${operation} 400 invalid_json: not JSON, not an object, or empty`, async () => {
    const texts = [
      "",
      " ",
      "{",
      "{}x",
      "null",
      "true",
      "1",
      '"{}"',
      "[]",
      '[{"to":"+919876543210"}]',
      "{'to':1}",
      "\ufeff{}",
      "to=1",
      "undefined",
    ];
    for (const text of texts) assertError(await postJson(path, text), "invalid_json");
    assertError(await postJson(path, new Uint8Array([0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00])), "invalid_json");
    assertError(await postJson(path, "[".repeat(16_000)), "invalid_json");
    // Decoded leniently it would be an unknown field with U+FFFD in it, and be ignored.
    assertError(
      await postJson(path, Buffer.from([...Buffer.from('{"x":"'), 0xc3, 0x28, ...Buffer.from('"}')])),
      "invalid_json",
    );
  });

  test(`${operation} 413 payload_too_large: more than 16 kB, announced or not`, async () => {
    const text = JSON.stringify({ to: newRecipient(), serviceId, otp: "123456" });
    const exact = text + " ".repeat(bounds.bodyBytes - text.length);
    assert.notEqual((await postJson(path, exact)).status, 413);
    assertError(await postJson(path, `${exact} `), "payload_too_large");
    const chunk = `${(1_000).toString(16)}\r\n${" ".repeat(1_000)}\r\n`;
    const chunked = postText(path, chunk.repeat(17), { ...keys, "transfer-encoding": "chunked" }, null);
    const reply = await exchangeOne(baseUrl, (socket) => {
      socket.write(chunked);
      // The server lets the client write the rest.
      socket.once("data", () => socket.write("0\r\n\r\n"));
    });
    assertError(reply, "payload_too_large");
    assert.equal(reply.headers.get("connection"), "close");
  });

  test(`${operation} 415 unsupported_media_type: anything but application/json`, async () => {
    const to = newRecipient();
    for (const type of [
      "text/plain",
      "application/jsonp",
      "application/x-www-form-urlencoded",
      "json",
      "application/json-seq",
      "multipart/form-data",
    ]) {
      assertError(
        await request("POST", path, JSON.stringify({ to }), { "content-type": type }),
        "unsupported_media_type",
      );
    }
    assertError(
      await exchangeOne(
        baseUrl,
        `POST ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}`,
      ),
      "unsupported_media_type",
    );
    const encoded = { "content-type": "application/json", "content-encoding": "gzip" };
    assertError(await request("POST", path, "{}", encoded), "unsupported_media_type");
    for (const type of [
      "application/json",
      "Application/JSON",
      "application/json; charset=utf-8",
      "application/json;charset=UTF-8",
    ])
      assert.notEqual((await request("POST", path, JSON.stringify({ to }), { "content-type": type })).status, 415);
  });

  test(`${operation} 405 method_not_allowed: every other method, with Allow`, async () => {
    for (const method of ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"]) {
      const reply = await request(method, path);
      assertError(reply, "method_not_allowed");
      assert.equal(reply.headers.get("allow"), "POST");
    }
    assert.equal((await request("HEAD", path)).status, 405);
  });
}

test("413 payload_too_large: a client that writes megabytes before it reads gets to read the answer", async () => {
  const chunk = `${(60_000).toString(16)}\r\n${" ".repeat(60_000)}\r\n`;
  const chunked = postText(
    sendPath,
    `${chunk.repeat(150)}0\r\n\r\n`,
    { ...keys, "transfer-encoding": "chunked" },
    null,
  );
  const announced = postText(sendPath, " ".repeat(9_000_000), keys);
  for (const text of [chunked, announced]) {
    let fault: Error | null | undefined;
    const reply = await exchangeOne(baseUrl, (socket) => {
      socket.pause();
      socket.write(text, (writeFault) => {
        fault = writeFault;
        socket.resume();
      });
    });
    assertError(reply, "payload_too_large");
    assert.equal(fault ?? undefined, undefined, "the connection was reset under the client");
  }
});

test("413 payload_too_large: a body without an end is not read for ever", async () => {
  const reply = await exchangeOne(baseUrl, (socket) => {
    socket.write(postText(sendPath, "", keys, 1e12));
    const flood = setInterval(() => socket.write(" ".repeat(1_000)), 5);
    socket.on("close", () => clearInterval(flood));
  });
  assertError(reply, "payload_too_large");
});

test("a large body that need not be read does not prevent 405 and 415", async () => {
  const big = " ".repeat(4_000_000);
  assertError(await request("PUT", sendPath, big), "method_not_allowed");
  assertError(await request("POST", sendPath, big, { "content-type": "text/plain" }), "unsupported_media_type");
});

test("of a field named twice the last wins, as in JSON.parse; __proto__ is a field like any other", async () => {
  const [first, last] = [newRecipient(), newRecipient()];
  const reply = await postJson(sendPath, `{"to":"${first}","serviceId":"${serviceId}","to":"${last}"}`);
  assert.equal(reply.body.data.to, last);
  const proto = await postJson(sendPath, `{"__proto__":{"to":"${first}","serviceId":"${serviceId}"}}`);
  assertError(proto, "invalid_request", { param: "serviceId" });
});

test("404 not_found: paths that only resemble a route", async () => {
  const paths = [
    "/",
    "/api/v1/sms",
    "/api/v1/sms/",
    `${sendPath}/`,
    "/api/v1/sms/SEND-OTP",
    "/api/v2/sms/send-otp",
    "//api/v1/sms/send-otp",
    "/api/v1/sms/send%2Dotp",
    "/api/v1/sms/verifications",
    "/api/v1/sms/verifications/",
    "/%zz",
    "/healthz/",
    "/%00",
    "/..%2f..%2fetc",
  ];
  for (const path of paths)
    for (const method of ["GET", "POST"])
      assertError(await request(method, path, method === "POST" ? "{}" : undefined), "not_found");
});

test("404 not_found: whatever the body is", async () => {
  for (const type of ["application/json", "text/xml", "nonsense", "multipart/form-data"])
    for (const body of ["", "{", "<x/>", " ".repeat(2_000_000)]) {
      const reply = await request("POST", "/nowhere", body, { "content-type": type });
      assertError(reply, "not_found");
    }
});

test("405 method_not_allowed: the GET routes, with Allow, whatever the body is", async () => {
  for (const path of ["/healthz", "/readyz", "/openapi.json", "/api/v1/sms/verifications/x"])
    for (const method of ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"]) {
      const body = method === "OPTIONS" ? undefined : "{";
      const reply = await request(method, path, body, { "content-type": "application/json" });
      assertError(reply, "method_not_allowed");
      assert.match(reply.headers.get("allow") ?? "", /^GET/);
    }
});

test("a query does not change the route", async () => {
  assert.equal((await postJson(`${sendPath}?x=1&to=2`, JSON.stringify({ to: newRecipient(), serviceId }))).status, 200);
  assert.equal((await request("GET", "/healthz?x")).status, 200);
});

test("a GET with a body, and HEAD, are answered", async () => {
  const get =
    "GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: text/xml\r\ncontent-length: 4\r\n\r\n<x/>";
  assert.equal((await exchangeOne(baseUrl, get)).status, 200);
  assert.equal((await request("HEAD", "/healthz")).status, 200);
});
