import assert from "node:assert/strict";
import { createServer, type Server, type Socket } from "node:net";
import { test } from "node:test";
import { endedByTest } from "@antryk/testkit/gateways/budget";
import { httpGatewayConformance } from "@antryk/testkit/gateways/http-kit";
import { receiptUrl } from "@antryk/testkit/gateways/receipt-kit";
import { devanagariMessage, gsm7Message } from "@antryk/testkit/gateways/rig";
import { deadOrigin } from "@antryk/testkit/net/ports";
import { resetSocket } from "@antryk/testkit/net/reset";
import { startService } from "@antryk/testkit/service";
import { ManualTimer } from "@antryk/testkit/timer";
import Value from "typebox/value";
import { deliver } from "../delivery/deliver.ts";
import { provider } from "./kannel.ts";
import { fitsGsm7 } from "./lib/gsm7.ts";
import { createDispatcher } from "./lib/http-client.ts";
import type { OutgoingMessage, SendResult } from "./port.ts";
import { SandboxInbox } from "./sandbox/inbox.ts";

const secrets = { username: "kannel-user-7d1f", password: "p&ss=w ord+%41é" };
const message: OutgoingMessage = {
  id: "msg_1",
  to: "+919876543210",
  text: "482913 is your Acme code.",
  serviceId: "b3b0e9a0-5ac9-4b8e-8d3a-0d3a7d1f2c11",
  verificationId: "6f0a5b6e-27f5-4a3a-9b36-0f2a6a1b9c22",
};

const queryOf = ({ id, text }: OutgoingMessage, coding: string): string =>
  new URLSearchParams({
    ...secrets,
    to: gsm7Message.to,
    text,
    coding,
    charset: "UTF-8",
    validity: "10",
    "dlr-mask": "31",
    "dlr-url": `${receiptUrl}?id=${id}&status=%d`,
  }).toString();
const report = (status: string) => ({ name: status, method: "GET", url: `${receiptUrl}?id=msg_1_1&status=${status}` });
const reported = (status: string, word: "queued" | "sent" | "delivered" | "undelivered", code?: string) => ({
  ...report(status),
  expected: [{ messageId: "msg_1_1", status: word, ...(code === undefined ? {} : { code }) }],
});

httpGatewayConformance({
  provider,
  config: (baseUrl) => ({ url: `${baseUrl}/cgi-bin/sendsms`, ...secrets }),
  secrets: [secrets.password],
  receiptUrl,
  request: {
    method: "GET",
    path: (message) => `/cgi-bin/sendsms?${queryOf(message, message === devanagariMessage ? "2" : "0")}`,
    headers: {},
    gsm7: undefined,
    devanagari: undefined,
  },
  accepted: [
    {
      name: "0: Accepted for delivery",
      status: 202,
      body: "0: Accepted for delivery",
      result: { outcome: "accepted", messageId: gsm7Message.id },
    },
  ],
  refused: [
    { name: "authorization failed", status: 403, body: "Authorization failed for sendsms", class: "auth" },
    { name: "queued", status: 202, body: "3: Queued for later delivery", class: "unavailable", ambiguous: true },
  ],
  lostBy502: "smsbox has no 502 among its answers (User's Guide, table 7-17)",
  receipts: {
    samples: [
      reported("1", "delivered"),
      reported("2", "undelivered", "2"),
      reported("4", "queued", "4"),
      reported("8", "sent"),
      reported("16", "undelivered", "16"),
      reported("34", "undelivered", "34"),
    ],
    unknown: { ...report("77"), code: "77" },
    malformed: [report(""), report("%25d"), { name: "no id", method: "GET", url: `${receiptUrl}?status=1` }],
  },
});

/** A smsbox of ours on a real socket: reads a request's head, then does to the socket what the test says. */
class FakeSmsbox implements AsyncDisposable {
  readonly heads: string[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #dispatcher = createDispatcher();

  constructor(onRequest: (socket: Socket) => void) {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket.on("error", () => undefined));
      let read = "";
      socket.on("data", (bytes) => {
        read += bytes.toString("latin1");
        if (!read.includes("\r\n\r\n")) return;
        this.heads.push(read);
        read = "";
        onRequest(socket);
      });
    });
  }

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return this;
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("not listening");
    return `http://127.0.0.1:${address.port}/cgi-bin/sendsms`;
  }

  /** Parameters of the newest request. */
  get parameters(): URLSearchParams {
    const [, target = ""] = /^GET (\S+) HTTP\/1\.1\r\n/.exec(this.heads.at(-1) ?? "") ?? [];
    return new URL(target, this.url).searchParams;
  }

  async send(
    changes: Partial<OutgoingMessage> = {},
    config: Record<string, string> = {},
    budget?: AbortSignal,
  ): Promise<SendResult> {
    const settings = { url: this.url, ...secrets, ...config };
    assert.ok(Value.Check(provider.config, settings));
    const gateway = provider.create(settings, {
      dispatcher: this.#dispatcher,
      sandbox: new SandboxInbox(),
      now: Date.now,
    });
    const result = await gateway.send({ ...message, ...changes }, budget ?? new AbortController().signal);
    const shown = JSON.stringify(result);
    for (const secret of [...Object.values(secrets), message.to, "482913"]) assert.ok(!shown.includes(secret), shown);
    return result;
  }

  async [Symbol.asyncDispose]() {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await this.#dispatcher.destroy();
  }
}

const smsbox = (onRequest: (socket: Socket) => void) => new FakeSmsbox(onRequest).listen();
const answering = (status: string, body: string, headers = "") =>
  smsbox((socket) =>
    socket.write(
      `HTTP/1.1 ${status}\r\nContent-Type: text/html\r\n${headers}Content-Length: ` +
        `${Buffer.byteLength(body)}\r\n\r\n${body}`,
    ),
  );

const refused = (failure: string, detail: string) => ({ outcome: "failed", class: failure, ambiguous: false, detail });
const unknown = (failure: string, detail: string) => ({ outcome: "failed", class: failure, ambiguous: true, detail });

test("asks for 7 bits if the text has only characters of the GSM alphabet", async () => {
  await using box = await answering("202 Accepted", "0: Accepted for delivery");
  const text = "482913: €5 [a] {b} ^~|\\ @£ Ñandù?";
  assert.deepEqual(await box.send({ text }), { outcome: "accepted" });
  assert.deepEqual(Object.fromEntries(box.parameters), {
    ...secrets,
    to: "+919876543210",
    text,
    coding: "0",
    charset: "UTF-8",
    validity: "10",
  });
  assert.match(box.heads[0] ?? "", /to=%2B919876543210&/);
});

test("asks for UCS-2 if the text has any other character", async () => {
  await using box = await answering("202 Accepted", "0: Accepted for delivery");
  for (const text of ["482913 आपका कोड है।", "482913 ‘quoted’", "482913 🔐", "482913 ç", "482913\tx"]) {
    assert.deepEqual(await box.send({ text }), { outcome: "accepted" });
    assert.equal(box.parameters.get("text"), text);
    assert.equal(box.parameters.get("coding"), "2");
    assert.equal(box.parameters.get("charset"), "UTF-8");
  }
});

test("asks for UCS-2 where the SMSC's own alphabet would lose a character", async () => {
  await using box = await answering("202 Accepted", "0: Accepted for delivery");
  for (const [alphabet, text, coding] of [
    ["ascii", "plain", "0"],
    ["ascii", "\u00fcber", "2"],
    ["latin1", "\u00fcber", "0"],
    ["latin1", "\u0394", "2"],
    ["", "\u0394", "0"],
    ["ucs2", "plain", "2"],
  ] as const) {
    await box.send({ text }, { alphabet });
    assert.equal(box.parameters.get("coding"), coding, `${alphabet} ${text}`);
  }
});

test("names sender, SMSC and validity if they are set, and keeps the URL's own parameters", async () => {
  await using box = await answering("202 Accepted", "0: Accepted for delivery");
  await box.send({}, { url: `${box.url}?account=otp&text=never`, from: "Acme", smsc: "fake 1", validity: "3" });
  const { from, smsc, validity, account, text } = Object.fromEntries(box.parameters);
  assert.deepEqual(
    { from, smsc, validity, account, text },
    { from: "Acme", smsc: "fake 1", validity: "3", account: "otp", text: message.text },
  );
  await box.send({}, { from: "", smsc: "", validity: "off" });
  for (const name of ["from", "smsc", "validity"]) assert.equal(box.parameters.has(name), false, name);
});

const answers: readonly [status: string, body: string, result: object][] = [
  ["202 Accepted", "0: Accepted for delivery", { outcome: "accepted" }],
  ["200 OK", "0: Accepted for delivery\n", { outcome: "accepted" }],
  ["202 Accepted", "Sent. Message splits: 2", { outcome: "accepted" }],
  ["202 Accepted", "3: Queued for later delivery", unknown("unavailable", "HTTP 202 queued, no SMSC is connected")],
  ["403 Forbidden", "Authorization failed for sendsms", refused("auth", "HTTP 403 authorization failed")],
  ["200 OK", "Authorization failed for sendsms", refused("auth", "HTTP 200 authorization failed")],
  ["403 Forbidden", "Not routable. Do not try again.", refused("rejected", "HTTP 403 not routable")],
  [
    "400 Bad Request",
    "Number(s) has/have been denied by white- and/or black-lists.",
    refused("blocked", "HTTP 400 denied by a list"),
  ],
  ["400 Bad Request", "Sender missing and no global set, rejected", refused("rejected", "HTTP 400 sender missing")],
  ["400 Bad Request", "Empty receiver number not allowed, rejected", refused("rejected", "HTTP 400")],
  ["404 Not Found", "Unknown request.", refused("rejected", "HTTP 404 no sendsms at this URL")],
  [
    "503 Service Unavailable",
    "Temporal failure, try again later.",
    refused("unavailable", "HTTP 503 temporal failure"),
  ],
  ["500 Internal Server Error", "Sending failed.", refused("unavailable", "HTTP 500 sending failed")],
  ["503 Service Unavailable", "<html>busy</html>", refused("unavailable", "HTTP 503")],
  ["401 Unauthorized", "<html>log in</html>", refused("auth", "HTTP 401")],
  ["302 Found", "", refused("rejected", "HTTP 302")],
  ["502 Bad Gateway", "<html>lost</html>", unknown("unknown", "HTTP 502 from a proxy")],
  ["504 Gateway Timeout", "", unknown("timeout", "HTTP 504")],
  [
    "200 OK",
    "<html>log in: 0: Accepted for delivery</html>",
    unknown("unknown", "HTTP 200 without an answer of Kannel"),
  ],
  ["202 Accepted", "", unknown("unknown", "HTTP 202 without an answer of Kannel")],
  ["202 Accepted", "x".repeat(1_000_000), unknown("unknown", "HTTP 202 without an answer of Kannel")],
  ["403 Forbidden", "x".repeat(1_000_000), refused("auth", "HTTP 403")],
];
for (const [status, body, result] of answers) {
  test(`reads ${status} with ${JSON.stringify(body.slice(0, 60))}`, async () => {
    await using box = await answering(
      status,
      body,
      status.startsWith("302") ? "Location: http://127.0.0.1:9/\r\n" : "",
    );
    assert.deepEqual(await box.send(), result);
    assert.equal(box.heads.length, 1);
  });
}

test("passes on how long a 429 asks to wait", async () => {
  await using box = await answering("429 Too Many Requests", "", "Retry-After: 7\r\n");
  assert.deepEqual(await box.send(), { ...refused("rate_limited", "HTTP 429"), retryAfterMs: 7_000 });
});

test("a refused connection is a refusal", async () => {
  await using box = await answering("202 Accepted", "0: Accepted for delivery");
  assert.deepEqual(await box.send({}, { url: deadOrigin }), refused("unavailable", "ECONNREFUSED"));
});

test("a URL that can't be parsed is a refusal that does not show it", async () => {
  await using box = await answering("202 Accepted", "0: Accepted for delivery");
  assert.deepEqual(
    await box.send({}, { url: "http://kannel:99999/sendsms" }),
    refused("unavailable", "ERR_INVALID_URL"),
  );
});

test("no answer within the budget is an unknown outcome, and the message is not asked for again", async () => {
  const budget = endedByTest();
  await using box = await smsbox(budget.end);
  assert.deepEqual(await box.send({}, {}, budget.signal), unknown("timeout", "TimeoutError"));
  assert.equal(box.heads.length, 1);
});

test("a body that never ends is bounded by the budget", async () => {
  const budget = endedByTest();
  await using box = await smsbox((socket) => {
    budget.endWithinReply();
    socket.write("HTTP/1.1 202 Accepted\r\nContent-Length: 24\r\n\r\n0: Acc");
  });
  assert.deepEqual(await box.send({}, {}, budget.signal), unknown("timeout", "TimeoutError"));
});

test("a reset before the answer is an unknown outcome, and the message is not asked for again", async () => {
  await using box = await smsbox(resetSocket);
  for (let n = 1; n <= 2; n += 1) {
    const result = await box.send();
    assert.ok(result.outcome === "failed" && result.ambiguous && result.class === "unknown", JSON.stringify(result));
  }
  assert.equal(box.heads.length, 2, "each once");
});

test("a reset on a connection that was used before is an unknown outcome, and nothing is asked again", async () => {
  let answered = 0;
  await using box = await smsbox((socket) => {
    if (answered++ === 0) socket.write("HTTP/1.1 202 Accepted\r\nContent-Length: 24\r\n\r\n0: Accepted for delivery");
    else socket.destroy();
  });
  assert.deepEqual(await box.send(), { outcome: "accepted" });
  for (let n = 1; n <= 2; n += 1) {
    const result = await box.send();
    assert.ok(result.outcome === "failed" && result.ambiguous, JSON.stringify(result));
  }
  assert.equal(box.heads.length, 3, "each once");
});

test("half a body of an acceptance is an unknown outcome, of a refusal a refusal", async () => {
  const halfOf = (status: string) =>
    smsbox((socket) => socket.end(`HTTP/1.1 ${status}\r\nContent-Length: 24\r\n\r\n0: Acc`));
  await using accepting = await halfOf("202 Accepted");
  const result = await accepting.send();
  assert.ok(result.outcome === "failed" && result.ambiguous, JSON.stringify(result));
  await using refusing = await halfOf("503 Service Unavailable");
  assert.deepEqual(await refusing.send(), refused("unavailable", "HTTP 503"));
});

test("what is no HTTP is an unknown outcome", async () => {
  await using box = await smsbox((socket) => socket.end("220 mail.example ESMTP\r\n"));
  const result = await box.send();
  assert.ok(result.outcome === "failed" && result.ambiguous, JSON.stringify(result));
});

test("queued by Kannel: a gateway's error, the code verifies, the next send says it again", async () => {
  let body = "3: Queued for later delivery";
  await using box = await smsbox((socket) =>
    socket.write(`HTTP/1.1 202 Accepted\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`),
  );
  await using service = await startService({ service: { provider: "kannel", config: { url: box.url, ...secrets } } });
  const codeOf = (text: string | null) => /\d{6}/.exec(text ?? "")?.[0];
  const { to } = message;

  const queued = await service.post("send-otp", { to });
  assert.equal(queued.status, 500);
  assert.equal(queued.body.errors[0].type, "provider_unavailable");
  assert.equal(queued.headers.get("x-should-retry"), "false");
  const code = codeOf(box.parameters.get("text"));

  body = "0: Accepted for delivery";
  assert.equal((await service.post("send-otp", { to })).status, 200);
  assert.equal(codeOf(box.parameters.get("text")), code);
  const verified = await service.post("verify-otp", { to, otp: code });
  assert.equal(verified.body.data.valid, true);

  const log = service.logLines.join("\n");
  for (const secret of [...Object.values(secrets), encodeURIComponent(secrets.password), String(code), to])
    assert.ok(!log.includes(secret), secret);
});

test("a provider that is refused for good leaves nothing pending", async () => {
  await using box = await answering("400 Bad Request", "Number(s) has/have been denied by white- and/or black-lists.");
  await using service = await startService({ service: { provider: "kannel", config: { url: box.url, ...secrets } } });
  const reply = await service.post("send-otp", { to: message.to });
  assert.equal(reply.status, 403);
  assert.equal(reply.body.errors[0].type, "recipient_blocked");
  assert.equal((await service.post("verify-otp", { to: message.to, otp: "123456" })).status, 404);
});

test("the send's budget ends a stalled smsbox", async () => {
  const timer = new ManualTimer();
  await using box = await smsbox(() => timer.advance(8_000));
  const dispatcher = createDispatcher();
  const gateway = provider.create(
    { url: box.url, ...secrets },
    { dispatcher, sandbox: new SandboxInbox(), now: Date.now },
  );
  const outcome = await deliver(
    message,
    { gateways: [{ name: "kannel", gateway }], failoverOnTimeout: false },
    { operation: "send-otp", budgetMs: 8_000, timer, now: Date.now, onFailure: () => undefined },
  );
  assert.equal(outcome.kind, "unknown");
  await dispatcher.destroy();
});

test("the GSM alphabet has 127 characters and the 9 printable ones of its extension table", () => {
  const fitting: string[] = [];
  for (let point = 0; point < 0x11_0000; point++) {
    if (point >= 0xd800 && point <= 0xdfff) continue;
    const character = String.fromCodePoint(point);
    if (fitsGsm7(character)) fitting.push(character);
  }
  assert.equal(fitting.length, 127 + 9);
  assert.ok(fitsGsm7(""));
  assert.ok(!fitsGsm7("a\u0301"));
});
