/** Delivery receipts: a gateway's reports reach the timeline of the verification, and forged ones do not. */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { startService, type TestService } from "@antryk/testkit/service";
import { newGateway } from "../../administration/gateways.ts";

const to = "+919876543210";
const publicUrl = "https://otp.example.com";
const authToken = "0123456789abcdef0123456789abcdef";
const sid = `SM${"a".repeat(32)}`;

interface Reporting extends AsyncDisposable {
  readonly service: TestService;
  readonly verificationId: string;
  /** The address that the gateway got for its reports. */
  readonly callback: string;
  report(status: string, more?: Record<string, string>, signedBy?: string, path?: string): Promise<Response>;
  receipt(): Promise<{ status: string; code?: string } | undefined>;
}

/** A service that has sent one message through Twilio's API, played by a server of ours. */
async function sendThroughTwilio(): Promise<Reporting> {
  let callback = "";
  let sent = 0;
  const api = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    callback = new URLSearchParams(Buffer.concat(chunks).toString()).get("StatusCallback") ?? "";
    sent += 1;
    const body = { sid: sent === 1 ? sid : `SM${String(sent).padStart(32, "d")}`, status: "queued", num_segments: "1" };
    response.writeHead(201, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => api.listen(0, "127.0.0.1", resolve));
  const baseUrl = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
  const service = await startService({
    publicUrl,
    service: { routes: [{ match: "*", gateways: ["tw"], failoverOnTimeout: false }] },
  });
  const settings = { accountSid: `AC${"b".repeat(32)}`, authToken, from: "+14155550100", baseUrl };
  const made = newGateway(
    { name: "tw", provider: "twilio", settings, maxConcurrent: null, maxPerSecond: null },
    service.keyring,
    service.store.now(),
  );
  assert.ok(made.kind === "gateway", JSON.stringify(made));
  await service.store.createGateway(made.gateway);
  const reply = await service.post("send-otp", { to });
  assert.equal(reply.status, 200, JSON.stringify(reply.body));
  const { verificationId } = reply.body.data;

  return {
    service,
    verificationId,
    callback,
    report(status, more = {}, signedBy = authToken, path = new URL(callback).pathname) {
      const fields: Record<string, string> = { MessageSid: sid, MessageStatus: status, ...more };
      const signed = `${publicUrl}${path}${Object.keys(fields)
        .sort()
        .map((name) => name + fields[name])
        .join("")}`;
      const signature = createHmac("sha1", signedBy).update(signed).digest("base64");
      const headers = { "content-type": "application/x-www-form-urlencoded", "x-twilio-signature": signature };
      return fetch(`${service.baseUrl}${path}`, { method: "POST", headers, body: new URLSearchParams(fields) });
    },
    async receipt() {
      const headers = { "x-access-key": service.accessKey, "x-secret-key": service.secretKey };
      const found = await fetch(`${service.baseUrl}/api/v1/sms/verifications/${verificationId}`, { headers });
      return ((await found.json()) as { data: { deliveries: { receipt?: { status: string; code?: string } }[] } }).data
        .deliveries[0]?.receipt;
    },
    async [Symbol.asyncDispose]() {
      api.closeAllConnections();
      api.close();
      await service[Symbol.asyncDispose]();
    },
  };
}

test("the gateway gets an unguessable address, and its reports reach the timeline", async () => {
  await using twilio = await sendThroughTwilio();
  assert.match(twilio.callback, /^https:\/\/otp\.example\.com\/receipts\/twilio\/[\w-]{32}$/);
  assert.equal(await twilio.receipt(), undefined);
  for (const status of ["queued", "sent", "delivered"]) {
    assert.equal((await twilio.report(status)).status, 200);
    assert.equal((await twilio.receipt())?.status, status);
  }
});

test("reports out of order, twice, or of unknown messages are harmless", async () => {
  await using twilio = await sendThroughTwilio();
  await twilio.report("delivered");
  for (const status of ["sent", "delivered", "queued", "undelivered", "no-such-status"]) {
    assert.equal((await twilio.report(status)).status, 200);
    assert.equal((await twilio.receipt())?.status, "delivered");
  }
  assert.deepEqual(await (await twilio.report("delivered", { MessageSid: `SM${"c".repeat(32)}` })).json(), {
    received: 1,
    known: 0,
  });
});

test("an undelivered message carries the gateway's code", async () => {
  await using twilio = await sendThroughTwilio();
  await twilio.report("undelivered", { ErrorCode: "30003" });
  const receipt = await twilio.receipt();
  assert.deepEqual([receipt?.status, receipt?.code], ["undelivered", "30003"]);
});

test("a report that is forged, or sent to another address, changes nothing", async () => {
  await using twilio = await sendThroughTwilio();
  assert.equal((await twilio.report("delivered", {}, "another token")).status, 401);
  const elsewhere = new URL(twilio.callback).pathname.replace(/.$/, (last) => (last === "x" ? "y" : "x"));
  assert.equal((await twilio.report("delivered", {}, authToken, elsewhere)).status, 404);
  assert.equal(
    (await twilio.report("delivered", {}, authToken, new URL(twilio.callback).pathname.replace("twilio", "vonage")))
      .status,
    404,
  );
  const huge = await fetch(`${twilio.service.baseUrl}${new URL(twilio.callback).pathname}`, {
    method: "POST",
    body: "x".repeat(300_000),
  }).catch(() => undefined);
  assert.ok(huge === undefined || huge.status === 413);
  assert.equal(await twilio.receipt(), undefined);
  assert.ok(!twilio.service.logLines.join("").includes(authToken));
});

test("a report reaches a verification that has gone to history", async () => {
  await using twilio = await sendThroughTwilio();
  twilio.service.clock.advance(300_000);
  await twilio.service.post("send-otp", { to });
  await twilio.report("delivered");
  assert.equal((await twilio.receipt())?.status, "delivered");
});

test("Kannel fetches the address that it got", async () => {
  let callback = "";
  const smsbox = createServer((request, response) => {
    callback = new URL(request.url ?? "", "http://smsbox").searchParams.get("dlr-url") ?? "";
    response.writeHead(202).end("0: Accepted for delivery");
  });
  await new Promise<void>((resolve) => smsbox.listen(0, "127.0.0.1", resolve));
  await using service = await startService({
    publicUrl,
    service: { routes: [{ match: "*", gateways: ["kannel"], failoverOnTimeout: false }] },
  });
  const url = `http://127.0.0.1:${(smsbox.address() as AddressInfo).port}/cgi-bin/sendsms`;
  const settings = { url, username: "a", password: "b" };
  const made = newGateway(
    { name: "kannel", provider: "kannel", settings, maxConcurrent: null, maxPerSecond: null },
    service.keyring,
    service.store.now(),
  );
  assert.ok(made.kind === "gateway");
  await service.store.createGateway(made.gateway);
  const sent = await service.post("send-otp", { to });
  smsbox.close();
  const reportTo = (address: string, status: string) =>
    fetch(address.replace(publicUrl, service.baseUrl).replace("%d", status));
  const other = callback.replace(/kannel\/[\w-]+/, `kannel/${"x".repeat(32)}`);
  assert.equal((await reportTo(other, "1")).status, 404);
  assert.equal((await reportTo(callback, "nonsense")).status, 400);
  for (const status of ["8", "1", "16"])
    assert.deepEqual(await (await reportTo(callback, status)).json(), { received: 1, known: 1 });
  const record = await service.store.findVerification(service.accountId, sent.body.data.verificationId);
  assert.equal(record?.deliveries[0]?.receipt?.status, "delivered");
  const token = callback.split("/").at(-1)?.split("?")[0] ?? "";
  assert.ok(token.length === 32 && !service.logLines.join("").includes(token), "the token is in no log");
});

/** A service whose route leads to an SMSC's HTTP side of ours, by a gateway that anybody who knows its address may be. */
async function withKannel(work: (service: TestService, path: string) => Promise<void>): Promise<void> {
  await using service = await startService({ publicUrl });
  const settings = { url: "http://127.0.0.1:9", username: "a", password: "kannel-pw" };
  const record = { name: "kan", provider: "kannel", settings, maxConcurrent: null, maxPerSecond: null };
  const made = newGateway(record, service.keyring, service.store.now());
  assert.ok(made.kind === "gateway", JSON.stringify(made));
  await service.store.createGateway(made.gateway);
  await work(service, `/receipts/kannel/${made.gateway.receiptToken}`);
}

test("ids and codes that no database must meet are no receipts, and break nothing", () =>
  withKannel(async (service, path) => {
    for (const id of ["%00", "a%00b", "%0a", "%1b%5b31m", "%c2%85", "x".repeat(300)]) {
      const reply = await fetch(`${service.baseUrl}${path}?id=${id}&status=1`);
      assert.ok([200, 400].includes(reply.status), `${id}: ${reply.status}`);
    }
    assert.ok(!service.logLines.some((line) => line.includes('"event":"fault"')));
    assert.equal(await service.store.queue.waiting("receipt", 100), 0, "nothing waits for what can't be known");
  }));

test("413 for more receipts than a gateway sends at once; a full batch costs a few steps of the store", async () => {
  await using service = await startService({ publicUrl });
  const infobip = { apiKey: "key", from: "Acme", baseUrl: "https://abc.api.infobip.com" };
  const made = newGateway(
    { name: "ib", provider: "infobip", settings: infobip, maxConcurrent: null, maxPerSecond: null },
    service.keyring,
    service.store.now(),
  );
  assert.ok(made.kind === "gateway", JSON.stringify(made));
  await service.store.createGateway(made.gateway);
  const report = (count: number) => {
    const results = Array.from({ length: count }, (_, n) => ({
      messageId: `none-${n}`,
      status: { groupName: "DELIVERED" },
    }));
    return fetch(`${service.baseUrl}/receipts/infobip/${made.gateway.receiptToken}`, {
      method: "POST",
      body: JSON.stringify({ results }),
    });
  };
  const before = service.store.batches().calls;
  assert.equal((await report(501)).status, 413);
  assert.equal(service.store.batches().calls, before, "nothing was looked for");
  const full = await report(500);
  assert.deepEqual([full.status, await full.json()], [200, { received: 500, known: 0 }]);
  assert.ok(service.store.batches().calls - before <= 4, `${service.store.batches().calls - before} steps`);
  assert.equal(await service.store.queue.waiting("receipt", 100), 10, "fifty in each entry");
});

test("a gateway whose id of a message can't be kept: the send is done, and has none", async () => {
  let answered = "";
  const api = createServer((request, response) => {
    request.resume();
    answered = JSON.stringify({ sid: "SM\u0000x", status: "queued" });
    response.writeHead(201, { "content-type": "application/json" }).end(answered);
  });
  await new Promise<void>((resolve) => api.listen(0, "127.0.0.1", resolve));
  const baseUrl = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
  await using service = await startService({
    publicUrl,
    service: { routes: [{ match: "*", gateways: ["tw"], failoverOnTimeout: false }] },
  });
  const settings = { accountSid: `AC${"b".repeat(32)}`, authToken, from: "+14155550100", baseUrl };
  const made = newGateway(
    { name: "tw", provider: "twilio", settings, maxConcurrent: null, maxPerSecond: null },
    service.keyring,
    service.store.now(),
  );
  assert.ok(made.kind === "gateway", JSON.stringify(made));
  await service.store.createGateway(made.gateway);
  assert.equal((await service.post("send-otp", { to })).status, 200);
  assert.ok(answered.includes("u0000"));
  api.closeAllConnections();
  api.close();
});
