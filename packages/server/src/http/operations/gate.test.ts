/** Who may read what is on the operations listener. */
import assert from "node:assert/strict";
import { networkInterfaces } from "node:os";
import { after, test } from "node:test";
import { assertError, newRecipient, sent } from "@antryk/testkit/http/expect";
import { exchangeOne } from "@antryk/testkit/http/socket";
import { startService, type TestReply } from "@antryk/testkit/service";

const token = "a token of at least 16".replaceAll(" ", "-");
const service = await startService();
after(() => service[Symbol.asyncDispose]());

const pages = ["/sandbox/messages", "/metrics", "/gateways/health"];

function get(target: string, headers: Record<string, string> = {}, url = service.operationsUrl): Promise<TestReply> {
  const all = { host: "localhost:8081", connection: "close", ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return exchangeOne(url, `GET ${target} HTTP/1.1\r\n${lines.join("")}\r\n`);
}

test("404 not_found: the public listener has none of it, by whatever spelling", async () => {
  await sent(service, newRecipient());
  const spellings = [
    ...[...pages, "/admin", "/admin/openapi.json", "/console", "/console/"].flatMap((page) => [page, `/${page}`]),
    "/%73andbox/messages",
    "/sandbox%2fmessages",
    "/healthz/../sandbox/messages",
    "/./metrics",
    "http://localhost/sandbox/messages",
    "/sandbox/messages?to=%2B1",
    "/SANDBOX/messages",
  ];
  for (const target of spellings) {
    for (const headers of [{}, { authorization: `Bearer ${token}` }])
      assertError(await get(target, { host: "localhost:8080", ...headers }, service.baseUrl), "not_found");
  }
});

test("on a loopback address this machine may read it, by a local name", async () => {
  for (const host of ["localhost", "LOCALHOST:1", "127.0.0.1", "127.0.0.1:8081", "[::1]", "[::1]:8081"])
    for (const page of pages) assert.equal((await get(page, { host })).status, 200, `${page} ${host}`);
});

test("404 not_found: Host is another site's name, which its DNS may lead here", async () => {
  const hosts = [
    "example.com",
    "localhost.example.com",
    "127.0.0.1.example.com",
    "localhost:8081@example.com",
    "127.0.0.2",
    "0.0.0.0",
    "::1",
    "",
  ];
  for (const host of hosts) for (const page of pages) assertError(await get(page, { host }), "not_found");
  for (const target of ["http://example.com", "HTTPS://example.com:80", "http://localhost@example.com"])
    assertError(await get(`${target}/sandbox/messages`), "not_found");
});

test("404 not_found: a page of another site asks for it in this machine's browser", async () => {
  const foreign: Record<string, string>[] = [
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
    { origin: "https://example.com" },
    { origin: "null" },
    { origin: "http://localhost:3000" },
  ];
  for (const headers of foreign) for (const page of pages) assertError(await get(page, headers), "not_found");
  for (const headers of [
    { "sec-fetch-site": "none" },
    { "sec-fetch-site": "same-origin" },
    { origin: "http://localhost:8081" },
  ])
    assert.equal((await get("/metrics", headers as Record<string, string>)).status, 200);
});

test("404 not_found: anything forwarded it", async () => {
  const names = [
    "Forwarded",
    "Via",
    "X-Forwarded-For",
    "x-forwarded-host",
    "X-FORWARDED-PROTO",
    "X-Real-IP",
    "CF-Connecting-IP",
    "CF-Ray",
    "True-Client-IP",
  ];
  for (const name of names) assertError(await get("/sandbox/messages", { [name]: "127.0.0.1" }), "not_found");
});

test("401 invalid_credentials: elsewhere the token is asked for, of this machine too", async () => {
  await using open = await startService({ operationsHost: "0.0.0.0", operationsToken: token });
  const local = open.operationsUrl.replace("0.0.0.0", "127.0.0.1");
  const address = Object.values(networkInterfaces())
    .flat()
    .find((each) => each && !each.internal && each.family === "IPv4")?.address;
  const urls = [local, ...(address === undefined ? [] : [open.operationsUrl.replace("0.0.0.0", address)])];
  const wrong = ["", "Bearer", `Bearer ${token}x`, `Bearer ${token.slice(1)}`, `Basic ${token}`, token];
  for (const url of urls) {
    for (const page of pages) {
      for (const authorization of wrong)
        assertError(await get(page, authorization ? { authorization } : {}, url), "invalid_credentials");
      const headers = { authorization: `Bearer ${token}`, host: "antryk.internal:8081", via: "1.1 proxy" };
      assert.equal((await get(page, headers, url)).status, 200, `${url}${page}`);
    }
  }
});

test("401 invalid_credentials: elsewhere nothing is shown if there is no token at all", async () => {
  await using open = await startService({ operationsHost: "0.0.0.0" });
  const local = open.operationsUrl.replace("0.0.0.0", "127.0.0.1");
  for (const authorization of ["Bearer undefined", "Bearer "])
    assertError(await get("/sandbox/messages", { authorization }, local), "invalid_credentials");
});
