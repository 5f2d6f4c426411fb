/** Faults of the server itself, and what may be known of a request outside of it. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { replies, resets, startGateway } from "@antryk/testkit/gateway";
import { assertError, newRecipient, verify, wrongCode } from "@antryk/testkit/http/expect";
import { startService, type TestReply } from "@antryk/testkit/service";
import { faultyStore } from "@antryk/testkit/store/faulty-store";
import { StoreUnavailable } from "../model/errors.ts";
import { ManualClock } from "../store/clock.ts";
import type { Store } from "../store/port.ts";

const clock = new ManualClock();
const faulty = faultyStore(clock);
const service = await startService({ clock, store: faulty.store });
after(() => service[Symbol.asyncDispose]());

async function get(path: string): Promise<TestReply> {
  const headers = { "x-access-key": service.accessKey, "x-secret-key": service.secretKey };
  const reply = await fetch(service.baseUrl + path, { headers });
  return { status: reply.status, headers: reply.headers, body: await reply.json() };
}

const id = "019b76da-a800-742a-a325-5527aecb9cbb";
const asks: readonly [keyof Store, () => Promise<TestReply>][] = [
  ["reserve", () => service.post("send-otp", { to: newRecipient() })],
  ["settle", () => service.post("send-otp", { to: newRecipient() })],
  ["reserveResend", () => service.post("resend-otp", { to: newRecipient() })],
  ["verify", () => service.post("verify-otp", { to: newRecipient(), otp: "123456" })],
  ["cancel", () => service.post("cancel-otp", { to: newRecipient() })],
  ["recall", () => service.post("send-otp", { to: "x" }, { "idempotency-key": "k" })],
  ["findVerification", () => get(`/api/v1/sms/verifications/${id}`)],
  ["ping", () => get("/readyz")],
];

test("503 unavailable: the store cannot be reached, at any verb; it recovers", async () => {
  for (const [verb, ask] of asks) {
    faulty.break(verb, new StoreUnavailable("gone"));
    assertError(await ask(), "unavailable", { retryAfter: 1 });
    faulty.break(verb, undefined);
    assert.notEqual((await ask()).status, 503, verb);
  }
});

test("503 unavailable: keys and services that are not known yet cannot be looked up", async () => {
  const unknown = await service.addCaller();
  for (const verb of ["findAccess", "findService"] as const) {
    faulty.break(verb, new StoreUnavailable("gone"));
    assertError(await service.post("send-otp", { to: newRecipient() }, {}, unknown), "unavailable", { retryAfter: 1 });
    faulty.break(verb, undefined);
  }
});

test("500 internal_error: any other fault, at any verb; the reply hides it, the log names the request", async () => {
  for (const [verb, ask] of asks) {
    faulty.break(verb, new Error("the reason"));
    const reply = await ask();
    assertError(reply, "internal_error", { retryAfter: 1 });
    const lines = service.logLines.filter((line) => line.includes(reply.headers.get("x-request-id") ?? "?"));
    const [fault, ...others] = lines.filter((line) => !line.includes('"event":"request"'));
    assert.equal(others.length, 0, verb);
    assert.match(fault ?? "", /"event":"fault".*the reason/);
    faulty.break(verb, undefined);
  }
});

test("no code, secret, text or whole number is in a log line, whatever happens to a request", async () => {
  await using gateway = await startGateway();
  await using loud = await startService({ service: { ...gateway.service, codeLength: 10 } });
  const numbers: string[] = [];
  for (const behaviour of [
    replies(204),
    replies(500, "secret reply"),
    replies(422, '{"error":"invalid_recipient"}'),
    resets,
  ]) {
    gateway.behave(behaviour);
    const to = newRecipient();
    numbers.push(to);
    await loud.post("send-otp", { to });
    const [code = ""] = gateway.codes(to);
    await verify(loud, to, wrongCode(code));
    await verify(loud, to, code);
    await loud.post("send-otp", { to, accessKey: loud.accessKey, secretKey: loud.secretKey, serviceId: "x" });
    await loud.post("send-otp", { to }, { "x-secret-key": "antryk_sk_wrong" });
  }
  const log = loud.logLines.join("\n");
  assert.match(log, /gateway_failed/, "the failures were logged at all");
  const codes = numbers.flatMap((to) => gateway.codes(to));
  assert.equal(codes.length, 4);
  const texts = gateway.requests.map(({ message }) => message.text);
  for (const secret of [
    ...codes,
    ...numbers,
    ...texts,
    loud.secretKey,
    "antryk_sk_wrong",
    gateway.secret,
    "secret reply",
  ])
    assert.ok(!log.includes(secret), `the log holds ${secret}`);
});

test("messages are signed by the wall clock, though the store's clock stood still or ran ahead", async () => {
  await using gateway = await startGateway();
  const wall = Date.UTC(2026, 5, 1);
  await using apart = await startService({ wallClock: () => wall, service: gateway.service });
  apart.clock.advance(86_400_000);
  assert.equal((await apart.post("send-otp", { to: newRecipient() })).status, 200);
  assert.equal(gateway.requests[0]?.headers["webhook-timestamp"], String(wall / 1000));
});
