/** Arbitrary JSON and headers at every route: never a 500, and always a reply that the OpenAPI document describes. */
import assert from "node:assert/strict";
import { Agent, request } from "node:http";
import { after, test } from "node:test";
import { type Operation, openApiDocument } from "@antryk/contract";
import { newRecipient } from "@antryk/testkit/http/expect";
import { openApiProblem } from "@antryk/testkit/http/openapi";
import { smsOperations } from "@antryk/testkit/http/operations";
import fc from "@antryk/testkit/inputs/fast-check";
import { notRecipients } from "@antryk/testkit/inputs/numbers";
import { startService, type TestReply } from "@antryk/testkit/service";

const service = await startService({ service: { wrongCode: "otp_invalid" } });
after(() => service[Symbol.asyncDispose]());
const { accessKey, secretKey, serviceId } = service;
const agent = new Agent({ keepAlive: true, maxSockets: 8 });
after(() => agent.destroy());

type HeaderList = Record<string, string | string[]>;

/** By node:http, because fetch refuses header values that HTTP allows. */
function ask(method: string, path: string, headers: HeaderList, body?: string): Promise<TestReply> {
  return new Promise((resolve, reject) => {
    const outgoing = request(service.baseUrl + path, { method, headers, agent }, async (incoming) => {
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) chunks.push(chunk as Buffer);
      const all = new Headers(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]));
      resolve({ status: incoming.statusCode ?? 0, headers: all, body: JSON.parse(Buffer.concat(chunks).toString()) });
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

function check(operation: Operation, reply: TestReply, what: unknown): void {
  assert.ok(reply.status < 500, `${reply.status} for ${JSON.stringify(what)}: ${service.logLines.at(-1)}`);
  assert.equal(openApiProblem(operation, reply), undefined, JSON.stringify({ what, reply: reply.body }));
  assert.match(reply.headers.get("x-request-id") ?? "", /^[A-Za-z0-9._-]{1,128}$/);
  const retryAfter = reply.headers.get("retry-after");
  if (retryAfter !== null) assert.match(retryAfter, /^[1-9]\d*$/);
  if (reply.status === 429)
    assert.ok(reply.headers.get("ratelimit") && reply.headers.get("ratelimit-policy") && retryAfter);
}

/** A value that is often nearly right. */
const value = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom(
    ...notRecipients.filter((each) => each !== undefined),
    serviceId,
    serviceId.toUpperCase(),
    "123456",
    "0000",
    "en",
    "203.0.113.7",
    "::1",
  ),
  fc.constant(null).map(newRecipient),
  fc.string({ unit: "binary" }),
);
const field = fc.constantFrom(
  "to",
  "serviceId",
  "otp",
  "locale",
  "clientIp",
  "accessKey",
  "secretKey",
  "__proto__",
  "constructor",
  "toString",
);
const nearlyRight = fc.record(
  {
    to: fc.oneof(fc.constantFrom("+919876543210", "+14155552671", "+447911123456"), value),
    serviceId: fc.oneof({ weight: 3, arbitrary: fc.constant(serviceId) }, { weight: 1, arbitrary: value }),
    otp: fc.oneof(fc.stringMatching(/^[0-9]{3,11}$/), value),
    locale: value,
    clientIp: value,
    accessKey: fc.oneof(fc.constant(accessKey), value),
    secretKey: fc.oneof(fc.constant(secretKey), value),
  },
  { requiredKeys: [] },
);
const body = fc.oneof(nearlyRight, fc.dictionary(field, value), fc.jsonValue());

/** Any value that a client may put into a header: visible latin-1, blanks and tabs. */
const headerValue = fc.string({
  unit: fc
    .integer({ min: 0x20, max: 0xff })
    .filter((n) => n !== 0x7f)
    .map((n) => String.fromCharCode(n)),
  maxLength: 300,
});
const headerName = fc.constantFrom(
  "x-access-key",
  "x-secret-key",
  "idempotency-key",
  "x-request-id",
  "content-type",
  "accept",
  "accept-encoding",
  "authorization",
  "cookie",
  "origin",
  "range",
  "if-none-match",
  "x-forwarded-for",
  "te",
  "via",
  "content-encoding",
);
const headers = fc.dictionary(headerName, headerValue, { maxKeys: 4 });
const right = { "x-access-key": accessKey, "x-secret-key": secretKey, "content-type": "application/json" };

for (const operation of smsOperations) {
  const path = `/api/v1/sms/${operation}`;

  test(`${operation}: any JSON`, async () => {
    await fc.assert(
      fc.asyncProperty(body, fc.option(fc.constantFrom("k1", "k2", "k3")), async (json, key) => {
        const reply = await ask(
          "POST",
          path,
          { ...right, ...(key === null ? {} : { "idempotency-key": key }) },
          JSON.stringify(json),
        );
        service.clock.advance(1_000);
        check(operation, reply, json);
      }),
      { numRuns: 150 },
    );
  });

  test(`${operation}: any text`, async () => {
    const text = fc.oneof(
      fc.string({ unit: "binary", maxLength: 200 }),
      fc.json().map((json) => json.slice(0, -1)),
    );
    await fc.assert(
      fc.asyncProperty(text, async (each) => check(operation, await ask("POST", path, right, each), each)),
      { numRuns: 50 },
    );
  });

  test(`${operation}: any headers`, async () => {
    await fc.assert(
      fc.asyncProperty(headers, nearlyRight, async (each, json) => {
        check(operation, await ask("POST", path, { ...right, ...each }, JSON.stringify(json)), each);
      }),
      { numRuns: 75 },
    );
  });
}

test("get-verification: any id and any headers", async () => {
  const id = fc.oneof(
    fc.string({ unit: "binary" }).map(encodeWhatCan),
    fc.uuid(),
    fc.webPath().map((path) => path.slice(1)),
  );
  await fc.assert(
    fc.asyncProperty(id, headers, async (each, more) => {
      const reply = await ask("GET", `/api/v1/sms/verifications/${each}`, { ...right, ...more });
      check("get-verification", reply, each);
    }),
    { numRuns: 100 },
  );
});

function encodeWhatCan(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

test("/openapi.json is the document, and names every route", async () => {
  const { status, body: document } = await ask("GET", "/openapi.json", {});
  assert.equal(status, 200);
  assert.deepEqual(document, JSON.parse(JSON.stringify(openApiDocument)));
  assert.equal(document.openapi, "3.1.0");
  const paths = [...smsOperations, "verifications/{verificationId}"].map((path) => `/api/v1/sms/${path}`);
  assert.deepEqual(Object.keys(document.paths).sort(), paths.sort());
});
