/** What strangers can make the server hold: connections, and requests of one connection. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { test } from "node:test";
import { holds, replies, startGateway } from "@antryk/testkit/gateway";
import { newRecipient } from "@antryk/testkit/http/expect";
import { exchange } from "@antryk/testkit/http/socket";
import { startService, type TestService } from "@antryk/testkit/service";
import { until } from "@antryk/testkit/until";
import { inFlightPerConnection } from "./connections.ts";
import { connectionsAtMost } from "./descriptors.ts";

async function open({ baseUrl }: Pick<TestService, "baseUrl">): Promise<Socket> {
  const { hostname, port } = new URL(baseUrl);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return socket;
}

async function metric(service: TestService, line: string): Promise<number> {
  const text = await (await fetch(`${service.operationsUrl}/metrics`)).text();
  return Number(new RegExp(`^${line} (.*)$`, "m").exec(text.replaceAll(/[{}"]/g, "."))?.[1] ?? Number.NaN);
}

const request = "GET /openapi.json HTTP/1.1\r\nhost: a\r\n\r\n";

test("a client that pipelines without reading is cut off, and others are served meanwhile", async () => {
  await using service = await startService();
  let parsed = 0;
  service.app.server.on("request", () => {
    parsed += 1;
  });
  const hostile = await Promise.all(Array.from({ length: 50 }, () => open(service)));
  const closed = hostile.map((socket) => once(socket, "close"));
  for (const socket of hostile) {
    socket.pause();
    socket.write(request.repeat(500));
  }
  assert.equal((await service.post("send-otp", { to: newRecipient() })).status, 200);
  for (const socket of hostile) socket.resume();
  await Promise.all(closed);
  assert.equal(await metric(service, "antryk_connections_closed_total.reason=.pipelining.."), 50);
  // What was read with them is not even parsed: each request of it would take memory until its connection is closed.
  assert.ok(parsed <= 50 * (inFlightPerConnection + 1) + 1, `${parsed} requests were parsed`);
});

test("a client that pipelines a few requests gets every reply, in order", async () => {
  await using service = await startService();
  const ids = Array.from({ length: inFlightPerConnection }, (_, n) => `id-${n}`);
  const last = "connection: close\r\n";
  const text = ids.map(
    (id, n) => `GET /healthz HTTP/1.1\r\nhost: a\r\nx-request-id: ${id}\r\n${n === ids.length - 1 ? last : ""}\r\n`,
  );
  const answers = await exchange(service.baseUrl, text.join(""));
  assert.deepEqual(
    answers.map(({ headers }) => headers.get("x-request-id")),
    ids,
  );
});

test("pages that do not change are not sent again to a client that has them", async () => {
  await using service = await startService();
  for (const page of ["/openapi.json", "/docs/body-credentials"]) {
    const first = await fetch(service.baseUrl + page);
    const etag = first.headers.get("etag") ?? "";
    assert.match(etag, /^"[\w-]{22}"$/);
    assert.ok((await first.text()).length > 500);
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
      const again = await fetch(service.baseUrl + page, { headers: { "if-none-match": known } });
      assert.deepEqual([again.status, await again.text(), again.headers.get("etag")], [304, "", etag]);
    }
    assert.equal((await fetch(service.baseUrl + page, { headers: { "if-none-match": '"other"' } })).status, 200);
  }
});

test("over the bound the connection that idles longest makes room; one with a request in flight never does", async () => {
  await using gateway = await startGateway();
  await using service = await startService({ service: gateway.service, connections: 12 });
  const { behaviour, release } = holds(replies(204));
  gateway.behave(behaviour);
  const held = service.post("send-otp", { to: newRecipient() });
  await gateway.arrived(1);
  const idle = await Promise.all(Array.from({ length: 11 }, () => open(service)));
  const gone = idle.slice(0, 8).map((socket) => once(socket, "close"));
  const more = [];
  for (let n = 0; n < 8; n += 1) more.push(await open(service));
  await Promise.all(gone);
  assert.ok(idle.slice(8).every((socket) => !socket.destroyed));
  const newest = more.at(-1) as Socket;
  newest.write("GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n");
  const [answer] = (await once(newest, "data")) as [Buffer];
  assert.match(answer.toString(), /^HTTP\/1\.1 200/);
  release();
  assert.equal((await held).status, 200);
  assert.equal(
    service.logLines.filter((line) => line.includes('"connections_full"')).length,
    1,
    "one warning a minute",
  );
  for (const socket of [...idle, ...more]) socket.destroy();
  await until(async () => (await metric(service, "antryk_connections")) <= 3, { what: () => "they are gone" });
});

test("the bound is below the limit of open files, however few those are", () => {
  for (const [openFiles, most] of [
    [256, 192],
    [1_024, 896],
    [1_048_576, 917_504],
    [64, 8],
  ] as const)
    assert.equal(connectionsAtMost(1e9, openFiles), most);
  assert.equal(connectionsAtMost(50, 1_024), 50);
});
